"""`canthus preview`: one scene at a time on a page in the browser, for choosing the ranges of a corpus.

controls.py   what can be changed, read off the dataclasses of the configuration
process.py    a renderer kept warm in a process of its own
tune.py       what the page asks: controls, and the picture of a configuration
page.*, tune.js, browse.js     the page; its other half is synth/browse
"""
