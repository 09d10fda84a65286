"""The doctor: every fault, shown to it, ends in the command that mends it."""

import re
from pathlib import Path

import pytest

from assets.catalog import verified
from synth.commands import doctor
from synth.commands.doctor import Check, DoctorConfig, Probe, Status
from synth.errors import AssetError, ProjectError

ROOT = Path(__file__).parents[2]
BLENDER = Probe({"version": "4.5.15 LTS", "devices": []})
TORCH = Probe({"version": "2.13.0", "devices": []})


def every(name: str) -> bool:
    return True


def without(*absent: str):
    return lambda name: name not in absent


def test_python():
    assert doctor.check_python((3, 11, 7), "/usr/bin/python").status is Status.OK
    check = doctor.check_python((3, 12, 1), "/usr/bin/python")
    assert (check.status, check.fix) == (Status.FAIL, "make .venv PYTHON=/path/to/python3.11")


def test_numpy():
    assert doctor.check_numpy("1.26.4").status is Status.OK
    check = doctor.check_numpy("2.1.0")
    assert (check.status, check.fix) == (Status.FAIL, "pip install 'numpy==1.26.4'")


def test_disk_and_memory():
    assert doctor.check_disk(Path("/data"), 80.0, 5.0).status is Status.OK
    check = doctor.check_disk(Path("/data"), 4.0, 5.0)
    assert check.status is Status.FAIL and "/data" in check.detail and "out=" in check.fix
    assert doctor.check_memory(8.0, 4.0).status is Status.OK
    assert doctor.check_memory(None, 4.0).status is Status.OK
    check = doctor.check_memory(2.0, 4.0)
    assert check.status is Status.WARN and "workers=1" in check.fix


def test_blender_works():
    assert doctor.check_blender(BLENDER, True, every) == Check("blender", Status.OK, "bpy 4.5.15 LTS")


@pytest.mark.parametrize(("needed", "status"), [(True, Status.FAIL), (False, Status.WARN)])
def test_blender_is_not_installed(needed, status):
    check = doctor.check_blender(Probe(error="ModuleNotFoundError: No module named 'bpy'"), needed, every)
    assert (check.status, check.fix) == (status, "pip install 'canthus[render]'")


def test_a_library_that_blender_misses():
    error = "ImportError: libXi.so.6: cannot open shared object file: No such file or directory"
    check = doctor.check_blender(Probe(error=error), True, without("libXi.so.6"))
    assert check.status is Status.FAIL and "libXi.so.6" in check.detail
    assert check.fix.startswith("apt-get install -y libxi6")


def test_all_missing_libraries_are_named_at_once_though_the_loader_names_one():
    error = "ImportError: libXrender.so.1: cannot open shared object file: No such file or directory"
    absent = without("libXrender.so.1", "libSM.so.6", "libxkbcommon.so.0")
    check = doctor.check_blender(Probe(error=error), True, absent)
    assert check.fix.startswith("apt-get install -y libsm6 libxkbcommon0 libxrender1")


def test_blender_is_broken_in_another_way():
    check = doctor.check_blender(Probe(error="killed by signal 11"), True, every)
    assert check.status is Status.FAIL and "force-reinstall" in check.fix


def test_cycles_devices():
    check = doctor.check_cycles(Probe({"version": "4.5", "devices": ["NVIDIA X (OPTIX)"]}), True)
    assert check == Check("cycles", Status.OK, "NVIDIA X (OPTIX)")
    assert doctor.check_cycles(BLENDER, False).status is Status.OK
    check = doctor.check_cycles(BLENDER, True)
    assert check.status is Status.WARN and "libnvoptix1" in check.fix
    assert doctor.check_cycles(Probe(error="x"), False) is None


def test_egl():
    assert doctor.check_egl(Probe({"renderer": "llvmpipe"}), True, every).detail == "llvmpipe"
    check = doctor.check_egl(Probe(error="ValueError: Invalid device ID (0)"), True, without("libEGL_mesa.so.0"))
    assert check.status is Status.FAIL and check.fix.startswith("apt-get install -y libegl-mesa0")
    error = "ImportError: ('Unable to load EGL library', 'libEGL.so.1: cannot open shared object file')"
    check = doctor.check_egl(Probe(error=error), False, without("libEGL.so.1"))
    assert check.status is Status.WARN and check.fix.startswith("apt-get install -y libegl1")
    check = doctor.check_egl(Probe(error="EGLError: EGL_NOT_INITIALIZED"), True, every)
    assert check.fix.startswith("apt-get install -y libegl1 libegl-mesa0 libgl1")
    assert "canthus[render]" in doctor.check_egl(Probe(error="No module named 'pyrender'"), True, every).fix


def test_torch():
    assert doctor.check_torch(TORCH, True, False).status is Status.OK
    assert "X" in doctor.check_torch(Probe({"version": "2", "devices": ["X"]}), True, True).detail
    check = doctor.check_torch(TORCH, True, True)
    assert check.status is Status.WARN and "CUDA build" in check.fix
    check = doctor.check_torch(Probe(error="ModuleNotFoundError: No module named 'torch'"), True, False)
    assert (check.status, check.fix) == (Status.FAIL, "pip install 'canthus[train]'")
    assert doctor.check_torch(Probe(error="OSError: libtorch.so"), False, False).status is Status.WARN


def test_assets():
    assert doctor.check_assets("head", ["head"], verified, True).status is Status.OK

    def damaged(name: str) -> Path:
        raise AssetError("asset 'head' is not the file we know: head.npz has sha256 12, expected 34; reinstall canthus")

    check = doctor.check_assets("head", ["head"], damaged, True)
    assert (check.status, check.fix) == (Status.FAIL, "reinstall canthus")
    assert "sha256 12" in check.detail
    assert doctor.check_assets("head", ["head"], damaged, False).status is Status.WARN


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("print('noise'); print('found {\"a\": 1}')", Probe({"a": 1})),
        ("import no_such_package", Probe(error="ModuleNotFoundError: No module named 'no_such_package'")),
        ("import os; os.kill(os.getpid(), 11)", Probe(error="killed by signal 11")),
        ("import sys; sys.exit(3)", Probe(error="exit status 3")),
    ],
)
def test_a_probe_survives_what_it_tries(code, expected):
    found = doctor.probe(code)
    if expected.error.startswith("killed"):  # the interpreter under test may print its stack before it dies
        assert found.error
    else:
        assert found == expected


def test_a_probe_does_not_wait_for_ever():
    assert doctor.probe("import time; time.sleep(60)", timeout_s=0.2).error == "no answer within 0.2 s"


def test_a_folder_that_is_not_there_yet(tmp_path):
    assert doctor.existing(tmp_path / "a" / "b") == tmp_path


def test_a_fault_is_printed_with_its_fix_and_is_an_error(monkeypatch, capsys):
    checks = [Check("python", Status.OK, "3.11.7"), Check("egl", Status.FAIL, "no EGL", "apt-get install -y libegl1")]
    monkeypatch.setattr(doctor, "examine", lambda config: checks)
    with pytest.raises(ProjectError, match="1 to mend: egl"):
        doctor.run(DoctorConfig())
    assert "fix: apt-get install -y libegl1" in capsys.readouterr().out


def test_a_warning_is_no_error(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "examine", lambda config: [Check("memory", Status.WARN, "little", "workers=1")])
    doctor.run(DoctorConfig())
    assert "WARN" in capsys.readouterr().out


@pytest.mark.blender
@pytest.mark.egl
def test_this_machine_is_well(capsys):
    doctor.run(DoctorConfig(disk_gb=0.1, memory_gb=0.1, need=["render", "train", "dev"]))
    assert "FAIL" not in capsys.readouterr().out


def test_the_check_run_installs_the_libraries_that_the_doctor_knows():
    found = re.search(r"libraries=\((.*)\)", (ROOT / ".ci" / "run").read_text())
    assert found is not None
    assert sorted(found.group(1).split()) == sorted(doctor.LIBRARIES.values())
