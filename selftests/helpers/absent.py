# SPDX-License-Identifier: GPL-2.0
"""What Python finds where nothing is; see absent_programs.py."""
import asyncio
import glob
import importlib
import os
import runpy
import shutil
import sys
import tempfile
import zipapp
import zipfile
import zipimport
from pathlib import Path

GONE, ORIGINAL = Path(os.environ["GONE"]), Path(os.environ["ORIGINAL"])


def real_paths():
    """With and without links, of what is there and what is not."""
    print(Path.cwd(), Path(".").resolve(strict=True), os.path.realpath("..", strict=True))
    for path in GONE, *ORIGINAL.parents[:2], GONE / "none":
        print(path, path.is_dir(), path.exists(), path.is_mount())
    (ORIGINAL / "x/y/z").mkdir(parents=True)
    (ORIGINAL / "x/y").mkdir(parents=True, exist_ok=True)
    Path("x/y/f").write_text("f", encoding="ascii")
    Path("link").symlink_to(ORIGINAL / "x")
    for name in "link/y/../y/f", ORIGINAL / "../a/link/y/z", GONE / "proj/../proj":
        print(Path(name).resolve(strict=True))
    try:
        (GONE / "proj/none").resolve(strict=True)
    except FileNotFoundError as why:
        print(why)
    for path in GONE, GONE / "proj":
        try:
            path.mkdir()
        except FileExistsError as why:
            print(why)


def trees():
    """From the top, and back."""
    print(sorted(map(str, GONE.rglob("*"))), sorted(GONE.iterdir()))
    print(sorted(glob.glob(f"{GONE}/**", recursive=True)))
    print(glob.glob(f"/{GONE.name[:-1]}?/p*/[a-b]/x"))
    for top, dirs, files, fd in os.fwalk(GONE):
        print(top, sorted(dirs), sorted(files), os.path.samestat(os.stat(fd), os.stat(top)))
    print(Path("x/y/f").absolute().relative_to(GONE), os.path.relpath(GONE),
          os.path.samefile(GONE, "../.."))
    for path in "../..", "proj/a/link", ORIGINAL:
        os.chdir(path)
        print(os.getcwd())


def archives_of_code():
    """What is imported from them knows where it is."""
    with zipfile.ZipFile(ORIGINAL / "lib.zip", "w") as file:
        for name, text in (
                ("__init__.py", "from . import more\nwhere = __file__"),
                ("more.py", "import pkgutil\ndata = pkgutil.get_data('inside', 'data')"),
                ("data", "data")):
            file.writestr(zipfile.ZipInfo(f"inside/{name}"), text)
    sys.path.insert(0, str(ORIGINAL / "lib.zip"))
    inside = importlib.import_module("inside")
    print(inside.where, inside.more.data, inside.__loader__.archive,
          isinstance(inside.__loader__, zipimport.zipimporter))
    sys.path.insert(0, "lib.zip/inside")
    print(importlib.import_module("more").__file__)
    Path("app").mkdir()
    Path("app/__main__.py").write_text(
        "import sys\nprint(sys.argv[0], __file__, sys.path[0])", encoding="ascii")
    runpy.run_path(str(ORIGINAL / "app"))
    zipapp.create_archive("app", ORIGINAL / "app.pyz", interpreter=sys.executable)


def copies():
    """Of a tree, as files and packed."""
    with tempfile.TemporaryDirectory(dir=ORIGINAL) as scratch:
        print(os.path.dirname(scratch))
    shutil.copytree(GONE / "proj/a/x", GONE / "proj/a/copy", symlinks=True)
    shutil.move(GONE / "proj/a/copy/y", "moved")
    shutil.make_archive(ORIGINAL / "packed", "tar", GONE, "proj/a/x")
    shutil.unpack_archive("packed.tar", ORIGINAL / "unpacked")
    print(shutil.disk_usage(ORIGINAL).total > 0)


async def socket():
    """Who listens at one is found."""
    async def serve(reader, writer):
        writer.write(await reader.readline())
        writer.close()
    server = await asyncio.start_unix_server(serve, ORIGINAL / "socket")
    reader, writer = await asyncio.open_unix_connection("socket")
    writer.write(b"hello\n")
    print(await reader.readline(), writer.get_extra_info("peername"))
    writer.close()
    server.close()


real_paths()
trees()
archives_of_code()
copies()
asyncio.run(socket())
sys.stdout.flush()
os.execl(ORIGINAL / "app.pyz", "app")
