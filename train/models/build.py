"""From the name of a network and its options to the network: what a configuration and a checkpoint both hold."""

import difflib
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args, get_origin

from torch import nn

from synth.errors import ConfigError
from train.models.detection import DetectionNetwork
from train.models.detection.blazeface import BlazeFace
from train.models.detection.faster_rcnn import FasterRCNN
from train.models.detection.mask_rcnn import MaskRCNN
from train.models.detection.mtcnn import MTCNN
from train.models.detection.retinaface import RetinaFace
from train.models.detection.ssd import SSD
from train.models.eye import LandmarkNetwork
from train.models.eye.elg import ELG
from train.models.eye.pupilnet import PupilNet
from train.models.face_gaze import FaceGazeNetwork
from train.models.face_gaze.itracker import ITracker
from train.models.face_gaze.l2cs import L2CS
from train.models.face_gaze.resgaze import ResGaze
from train.models.face_gaze.spanet import SpaNet
from train.models.face_landmarks import FaceLandmarkNetwork
from train.models.face_landmarks.attention_mesh import AttentionMesh
from train.models.face_landmarks.cascade import Cascade
from train.models.face_landmarks.hourglass import HourglassLandmarks
from train.models.face_landmarks.hrnet import HRNetLandmarks
from train.models.face_landmarks.mobilenet import MobileNetLandmarks
from train.models.face_landmarks.san import SAN
from train.models.gazenet import GazeNet, gazenet_v2
from train.models.lenet import LeNet
from train.models.people.attributes import AttributeNetwork
from train.models.people.identity import IdentityNetwork
from train.models.pose import PoseNetwork
from train.models.pose.fsanet import FSANet
from train.models.pose.hopenet import Hopenet
from train.models.pose.sixdrep import SixDRepNet
from train.models.pose.ssrnet_md import SSRNetMD
from train.models.resnet_preact import ResNetPreact

GAZE_NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "lenet": LeNet,
    "gazenet": GazeNet,
    "gazenet_v2": gazenet_v2,
    "resnet_preact": ResNetPreact,
}
"""Networks of the gaze of an eye (see train/models/parts.py)."""
LANDMARK_NETWORKS: dict[str, Callable[..., LandmarkNetwork]] = {"elg": ELG, "pupilnet": PupilNet}
"""Networks of eye landmarks (see train/models/eye)."""
FACE_GAZE_NETWORKS: dict[str, Callable[..., FaceGazeNetwork]] = {
    "resgaze": ResGaze,
    "itracker": ITracker,
    "spanet": SpaNet,
    "l2cs": L2CS,
}
"""Networks of the gaze of a whole face (see train/models/face_gaze)."""
FACE_LANDMARK_NETWORKS: dict[str, Callable[..., FaceLandmarkNetwork]] = {
    "mobilenet68": MobileNetLandmarks,
    "cascade68": Cascade,
    "hrnet68": HRNetLandmarks,
    "hourglass68": HourglassLandmarks,
    "san": SAN,
    "attention_mesh": AttentionMesh,
}
"""Networks of a face's landmarks (see train/models/face_landmarks)."""
ATTRIBUTE_NETWORKS: dict[str, Callable[..., AttributeNetwork]] = {"attributes": AttributeNetwork}
"""Networks of a face's attributes (see train/models/people)."""
IDENTITY_NETWORKS: dict[str, Callable[..., IdentityNetwork]] = {"identity": IdentityNetwork}
"""Networks of who it is (see train/models/people)."""
POSE_NETWORKS: dict[str, Callable[..., PoseNetwork]] = {
    "hopenet": Hopenet,
    "ssrnet_md": SSRNetMD,
    "fsanet": FSANet,
    "sixdrep": SixDRepNet,
}
"""Head-pose networks (see train/models/pose)."""
DETECTION_NETWORKS: dict[str, Callable[..., DetectionNetwork]] = {
    "blazeface": BlazeFace,
    "ssd": SSD,
    "retinaface": RetinaFace,
    "mtcnn": MTCNN,
    "faster_rcnn": FasterRCNN,
    "mask_rcnn": MaskRCNN,
}
"""Detectors of faces (see train/models/detection)."""
NETWORKS: dict[str, Callable[..., nn.Module]] = {
    **GAZE_NETWORKS,
    **LANDMARK_NETWORKS,
    **FACE_GAZE_NETWORKS,
    **FACE_LANDMARK_NETWORKS,
    **ATTRIBUTE_NETWORKS,
    **IDENTITY_NETWORKS,
    **POSE_NETWORKS,
    **DETECTION_NETWORKS,
}
"""All networks."""


def build(name: str, options: Mapping[str, Any]) -> nn.Module:
    """Return a fresh network, of the class that its kind says, `PoseNetwork`, `FaceLandmarkNetwork` and so on.

    Args:
        name: One of `NETWORKS`.
        options: Arguments of its constructor; those left out keep their defaults.

    Raises:
        ConfigError: There is no such network or option, or a value is impossible.
    """
    if name not in NETWORKS:
        raise ConfigError(f"model.name={name}: no such network; there are {', '.join(NETWORKS)}")
    allowed = inspect.signature(NETWORKS[name]).parameters
    for key, value in options.items():
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(allowed) or 'none'}"
            raise ConfigError(f"model.{key}={value}: {name} has no such option; {hint}")
        _check(key, value, allowed[key])
    return NETWORKS[name](**options)


def build_pose(name: str, options: Mapping[str, Any]) -> PoseNetwork:
    """Return a fresh network of head pose.

    Raises:
        ConfigError: As `build`; or the network tells something else.
    """
    network = build(name, options)
    if not isinstance(network, PoseNetwork):
        raise ConfigError(f"model.name={name}: tells no head pose; networks that do are {', '.join(POSE_NETWORKS)}")
    return network


def _check(key: str, value: object, option: inspect.Parameter) -> None:
    """Refuse a value that is none of a Literal's, or of another type than the default, or negative."""
    if get_origin(option.annotation) is Literal:
        choices = get_args(option.annotation)
        if not any(type(value) is type(choice) and value == choice for choice in choices):
            raise ConfigError(f"model.{key}={value}: expected one of {', '.join(map(str, choices))}")
        return
    wanted = type(option.default)
    fits = isinstance(value, bool) if wanted is bool else isinstance(value, int | wanted) and value is not True
    if not fits or (isinstance(value, int | float) and value < 0):
        raise ConfigError(f"model.{key}={value}: expected {wanted.__name__} of at least 0, such as {option.default}")
