"""`canthus serve`: a page in the browser that looks at a dropped picture or the browser's camera as `predict` does.

It listens on this machine alone unless `host` names another of its addresses; train/pipeline/server.py says who may ask
what.  Browsers give a page their camera on localhost and 127.0.0.1, elsewhere over https alone, which is for a proxy.
"""

from dataclasses import dataclass, field

from synth.errors import ConfigError
from train.fitting import use_threads
from train.pipeline.config import FacesConfig, NetworksConfig, looker_of
from train.pipeline.server import LookServer
from train.ready import READY

HELP = "show a page in the browser that tells what networks say of a dropped picture or of the camera"
CONFIG_NAME = "serve"
EXAMPLES = ("canthus serve", "canthus serve port=9000 networks.detection=runs/faces networks.landmarks=runs/landmarks")


@dataclass
class ServeConfig:
    """Configuration of `canthus serve`.

    Attributes:
        host: The IPv4 address to listen on.
        port: 0 takes a free one.
        weights: `ready` for the networks that come with the package, or a folder of detection.pt, landmarks.pt, pose.pt
            and gaze.pt.
        networks: Networks in place of those of `weights`.
        faces: How faces are found; `every` has no effect, as each picture is looked at anew.
        most_mb: Of a picture's file, megabytes.
        threads: CPU threads of torch; 0 leaves it to torch.
    """

    host: str = "127.0.0.1"
    port: int = 8321
    weights: str = READY
    networks: NetworksConfig = field(default_factory=NetworksConfig)
    faces: FacesConfig = field(default_factory=FacesConfig)
    most_mb: float = 20.0
    threads: int = 0

    def __post_init__(self) -> None:
        """Refuse numbers that there cannot be."""
        if not 0 <= self.port <= 65535:
            raise ConfigError(f"port={self.port}: from 0 to 65535")
        if not 0 < self.most_mb <= 1000:
            raise ConfigError(f"most_mb={self.most_mb}: above 0, at most 1000")
        if self.threads < 0:
            raise ConfigError(f"threads={self.threads}: at least 0")


CONFIG = ServeConfig


def run(config: ServeConfig) -> None:
    """Serve until interrupted."""
    use_threads(config.threads)
    looker, names = looker_of(config.networks, config.weights, config.faces)
    with LookServer(config.host, config.port, looker, config.faces.lens, int(config.most_mb * 1e6)) as server:
        print(f"{names}\n{server.url} until Ctrl-C", flush=True)
        server.serve_forever()
