"""Pages for a browser on the same machine: one server of the standard library that knows whom to answer.

request.py   what is asked, what is answered, what is refused
server.py    the server: its pages, its routes, and who may ask

Any package may serve a page with it: `canthus preview` (synth/preview) and `canthus serve` (train/pipeline) do.
"""
