"""What people wear and hold before them: clothes, hats, masks, hands and phones, fitted to a head."""
