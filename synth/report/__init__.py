"""What people look at: contact sheets with labels drawn over them, and the report on a data set.

overlay.py     labels over a picture
sheet.py       pictures side by side
real_eyes.py   eyes of a real set, to stand beside rendered ones
columns.py     what the index says of all samples, as arrays and angles
charts.py      SVG charts
sections.py    the report's sections of charts and tables
page.py        the report; page.html is its frame
"""
