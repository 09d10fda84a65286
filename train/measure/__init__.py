"""How right networks are, and how it is told: figures by kind (metrics, evaluation), pictures and reports of them."""
