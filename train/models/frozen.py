"""Which parts of a network stay as they are when only its last layers are trained (`trainer.frozen=true`).

network                        stays                                   is trained
lenet                          both convolutions                       the dense layer, the gaze
gazenet, gazenet_v2            all convolutions                        the dense layer, the gaze
resnet_preact                  stem, blocks, last normalisation        the gaze
hopenet, sixdrep               the ResNet                              the layers behind it
fsanet, ssrnet_md              both streams                            structure, aggregation, stages
elg, pupilnet                  the hourglasses: all landmarks          radius, gaze
resgaze, l2cs                  the ResNet                              the layers behind it
itracker                       the towers of eyes and face             the dense layers
mobilenet68, hrnet68           the backbone                            the layers behind it
cascade68                      level 1                                 levels 2 and 3
hourglass68                    stem, hourglasses, their features       heatmaps, ways onward
san                            VGG-16's blocks                         features, stages
attention_mesh                 features, the mesh's blocks             points, depths, flag, regions
spanet                         stem, hourglasses, their features       weights, regressors, ways onward
blazeface, ssd, faster_rcnn,   the backbone                            pyramid, heads
mask_rcnn, retinaface
mtcnn                          P-Net, R-Net, O-Net's convolutions      O-Net's dense layers

What stays normalises by its stored means and variances, and keeps these too.
"""

from fnmatch import fnmatchcase

from torch import nn

from synth.errors import ConfigError

STAYS: dict[str, tuple[str, ...]] = {
    "lenet": ("features",),
    "gazenet": ("features",),
    "gazenet_v2": ("features",),
    "resnet_preact": ("stem", "stages", "norm"),
    "hopenet": ("backbone",),
    "sixdrep": ("backbone",),
    "fsanet": ("streams",),
    "ssrnet_md": ("streams",),
    "elg": ("hourglasses",),
    "pupilnet": ("hourglasses",),
    "resgaze": ("backbone",),
    "l2cs": ("backbone",),
    "itracker": ("eye_tower", "face_tower"),
    "mobilenet68": ("backbone",),
    "hrnet68": ("backbone",),
    "cascade68": ("level1",),
    "hourglass68": ("hourglasses.stem", "hourglasses.stages.*.hourglass", "hourglasses.stages.*.after"),
    "san": ("backbone",),
    "attention_mesh": ("features", "mesh"),
    "attributes": ("trunk",),
    "identity": ("trunk",),
    "spanet": ("stem", "stacks.*.hourglass", "stacks.*.features"),
    "blazeface": ("backbone1", "backbone2"),
    "ssd": ("backbone",),
    "retinaface": ("body",),
    "faster_rcnn": ("backbone",),
    "mask_rcnn": ("backbone",),
    "mtcnn": ("pnet", "rnet", "onet.conv1", "onet.conv2", "onet.conv3", "onet.conv4"),
}
"""Name of a network to the names of its parts; * for any number."""


def freeze(network: nn.Module, name: str) -> None:
    """Take the parts of a network that stay out of training; Lightning keeps the mode that a part is in.

    Raises:
        ConfigError: It is not said which these are, or nothing else is left.
    """
    if name not in STAYS:
        raise ConfigError(f"trainer.frozen=true: not known for {name}; there are {', '.join(STAYS)}")
    for part, module in network.named_modules():
        if any(fnmatchcase(part, pattern) for pattern in STAYS[name]):
            module.requires_grad_(False).eval()
    if not any(value.requires_grad for value in network.parameters()):
        raise ConfigError(f"trainer.frozen=true: of this {name} nothing would be trained")
