"""Settings, ports, once-only steps, cleaning, locks."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from house import apt, cleaning, once, own_rules, ports, settings, venv
from house.odoo_assets import dangling_links, other_fonts
from house.odoo_tree import release_of
from house.say import Trouble

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def test_defaults_live_in_the_checkout():
    found = settings.load({})
    assert found.home == settings.REPO / ".local"
    assert found.cache == found.home / "cache"
    assert (found.port_our, found.port_supplier, found.port_broker) == (8069, 8169, 6399)


def test_settings_from_the_environment(tmp_path):
    found = settings.load({"AFTERSALES_HOME": str(tmp_path), "PORT_OUR": "18069", "ODOO_REFRESH": "0"})
    assert (found.home, found.port_our, found.odoo_refresh) == (tmp_path, 18069, False)


@pytest.mark.parametrize("text", ["0", "70000", "http", "-1"])
def test_a_senseless_port_is_named(text):
    with pytest.raises(Trouble, match=f"PORT_OUR is '{text}'"):
        settings.load({"PORT_OUR": text})


def test_a_missing_package_file_is_named(tmp_path):
    with pytest.raises(Trouble, match="ODOO_DEB names"):
        settings.load({"ODOO_DEB": str(tmp_path / "none.deb")})


def test_a_port_in_use_leads_to_another(capsys):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        wanted = server.getsockname()[1]
        chosen = ports.choose(wanted, "our Odoo", "PORT_OUR")
    assert chosen != wanted
    assert f"Port {wanted} (PORT_OUR) is in use, so our Odoo takes {chosen}." in capsys.readouterr().err


def test_ports_are_given_once():
    taken = set()
    first = ports.choose(23456, "a", "A", taken)
    assert ports.choose(first, "b", "B", taken) != first


def test_a_server_is_told_from_another_on_its_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        assert not ports.listens(port, sys.argv[0])
        server.listen()
        assert ports.listens(port, "pytest")
        assert not ports.listens(port, "/no/such/odoo.conf")


def test_built_once(tmp_path):
    calls = []

    def build(path):
        calls.append(path)
        (path / "file").write_text("x")

    first = once.built(tmp_path, "thing", "k1", build)
    assert once.built(tmp_path, "thing", "k1", build) == first
    assert (len(calls), (first / "file").read_text()) == (1, "x")
    once.built(tmp_path, "thing", "k2", build)
    assert len(calls) == 2


@pytest.mark.parametrize("in_place", [False, True])
def test_a_build_that_was_cut_off_is_begun_anew(tmp_path, in_place):
    def cut_off(path):
        (path / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        once.built(tmp_path, "thing", "k", cut_off, in_place=in_place)
    done = once.built(tmp_path, "thing", "k", lambda path: (path / "whole").touch(), in_place=in_place)
    assert sorted(path.name for path in done.iterdir()) == [".complete", "whole"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thing-k", "thing.lock"]


def test_two_starts_at_once_build_once(tmp_path):
    code = (
        f"import sys, time; sys.path.insert(0, {str(SCRIPTS)!r})\n"
        "from pathlib import Path\nfrom house.once import built\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "def build(path):\n    open(folder / 'calls', 'a').write('x'); time.sleep(0.5)\n"
        "built(folder, 'thing', 'k', build)\n"
    )
    both = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(30) for process in both] == [0, 0]
    assert (tmp_path / "calls").read_text() == "x"


def made(tmp_path):
    home = tmp_path / "home"
    for name in ("cache", "log", "run", "pg-demo", "odoo-path"):
        (home / name).mkdir(parents=True)
    return home


def load_with(home, **more):
    return settings.load({"AFTERSALES_HOME": str(home), **more})


def test_clean_removes_a_home(tmp_path):
    home = made(tmp_path)
    assert cleaning.main(load_with(home), []) == 0
    assert not home.exists()
    assert cleaning.main(load_with(home), []) == 0


def test_clean_can_keep_the_cache(tmp_path):
    home = made(tmp_path)
    cleaning.main(load_with(home), ["--keep-cache"])
    assert [path.name for path in home.iterdir()] == ["cache"]


def test_clean_leaves_a_foreign_cache(tmp_path):
    home, cache = made(tmp_path), tmp_path / "shared"
    cache.mkdir()
    cleaning.main(load_with(home, AFTERSALES_CACHE=str(cache)), [])
    assert cache.exists()


@pytest.mark.parametrize("place", ["/", str(Path.home()), str(settings.REPO), str(settings.REPO.parent)])
def test_clean_refuses_what_it_must_never_remove(place):
    with pytest.raises(Trouble, match="is not removed"):
        cleaning.refuse_suspicious(Path(place))


def test_clean_refuses_a_folder_with_foreign_files(tmp_path):
    home = made(tmp_path)
    (home / "thesis.odt").touch()
    with pytest.raises(Trouble, match=r"thesis\.odt"):
        cleaning.main(load_with(home), [])
    assert (home / "cache").exists()


def test_clean_refuses_a_link(tmp_path):
    home = made(tmp_path)
    link = tmp_path / "link"
    link.symlink_to(home)
    with pytest.raises(Trouble, match="is a link"):
        cleaning.main(load_with(link), [])


def test_a_wrong_odoo_is_told_from_a_right_one(tmp_path):
    assert release_of(tmp_path) is None
    (tmp_path / "release.py").write_text("x = 1\nversion_info = (19, 0, 0, FINAL, 0, '')\n")
    assert release_of(tmp_path) == "19.0"


def test_a_renamed_font_is_found_again(tmp_path):
    fonts, package = tmp_path / "fonts", tmp_path / "package"
    fonts.mkdir()
    package.mkdir()
    (fonts / "Mono-Regular.otf").touch()
    (package / "Mono.otf").symlink_to("../nowhere/Mono.otf")
    other_fonts(package, fonts)
    assert dangling_links(package) == []
    assert (package / "Mono.otf").resolve() == (fonts / "Mono-Regular.otf").resolve()


def test_lock_files_name_no_index_and_hash_everything():
    for lock in venv.locks():
        text = lock.read_text()
        assert not own_rules.HOST_IN_LOCK.search(text), lock
        pinned = [line for line in text.splitlines() if "==" in line and not line.lstrip().startswith("#")]
        assert pinned
        assert text.count("--hash=sha256:") >= len(pinned)


def test_house_rules_see_paths_and_long_files():
    checkout = Path("/somewhere/checkout")
    assert own_rules.complaints(Path("a.py"), "a.py", f"x = '{checkout}/b'\n", checkout)
    assert own_rules.complaints(Path("a.py"), "a.py", "x\n" * 451, checkout)
    assert own_rules.complaints(Path("a.lock"), "a.lock", "--index-url https://x\n", checkout)
    assert own_rules.complaints(Path("a.py"), "a.py", "x = 1\n", checkout) == []


def test_pip_index_is_passed_on_to_uv(monkeypatch, tmp_path):
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example.com/simple")
    assert venv.uv_env(load_with(tmp_path))["UV_DEFAULT_INDEX"] == "https://index.example.com/simple"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://other.example.com/simple")
    assert venv.uv_env(load_with(tmp_path))["UV_DEFAULT_INDEX"] == "https://other.example.com/simple"


def test_mirror_is_a_setting(tmp_path):
    assert apt.debian_mirror(load_with(tmp_path, DEBIAN_MIRROR="http://mirror.example.com/debian/"), None) == (
        "http://mirror.example.com/debian"
    )


class _AptWithTemplates:
    """The machine's apt, reduced to one package with a template file in it."""

    def __init__(self, deb):
        self.deb = deb

    def update(self):
        """Nothing to fetch."""

    def candidate(self, package):
        return "1" if self.deb and package == "python-apt-common" else None

    def download(self, _packages, _into):
        return [self.deb]


def test_where_the_machine_knows_no_debian_mirror_apts_template_does(tmp_path, monkeypatch):
    monkeypatch.setattr(apt, "os_release", lambda: {"ID": "ubuntu"})
    monkeypatch.setattr(apt, "MIRROR_TEMPLATE", apt.MIRROR_TEMPLATE + ".test")  # never this machine's own
    content = tmp_path / "deb" / apt.MIRROR_TEMPLATE
    content.parent.mkdir(parents=True)
    content.write_text(
        "Suite: stable\nBaseURI: https://no.example.com/\n\nSuite: sid\nX: 1\nBaseURI: https://yes.example.com/debian/\n"
    )
    (tmp_path / "deb/DEBIAN").mkdir()
    (tmp_path / "deb/DEBIAN/control").write_text(
        "Package: python-apt-common\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.com>\nDescription: test\n"
    )
    deb = tmp_path / "python-apt-common.deb"
    subprocess.run(["dpkg-deb", "--build", tmp_path / "deb", deb], check=True, capture_output=True)
    settings = load_with(tmp_path)
    settings.make_folders()
    assert apt.debian_mirror(settings, _AptWithTemplates(deb)) == "http://yes.example.com/debian"


def test_no_mirror_at_all_names_the_settings(tmp_path, monkeypatch):
    monkeypatch.setattr(apt, "os_release", lambda: {"ID": "ubuntu"})
    monkeypatch.setattr(apt, "MIRROR_TEMPLATE", "usr/share/nowhere.info")
    with pytest.raises(Trouble, match="DEBIAN_MIRROR"):
        apt.debian_mirror(load_with(tmp_path), _AptWithTemplates(None))
