"""The model disk: what a power cut may leave, from system calls as strace writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelqueue.conformance.crash.disk import Disk
from labelqueue.conformance.tracing.system_calls import SystemCall
from labelqueue.spec import InconclusiveError


def hexed(text):
    return "".join(f"\\x{byte:02x}" for byte in str(text).encode())


@pytest.fixture
def disk(tmp_path):
    """A disk with a flushed file `queue` that holds `old`, and words for system calls on it."""
    (tmp_path / "queue").write_bytes(b"old")
    return Replayed(tmp_path)


class Replayed:
    def __init__(self, root):
        self.root = root
        self.disk = Disk(root)

    def do(self, name, arguments, result="0", rest="", thread=1):
        self.disk.replay(SystemCall(thread, name, arguments, result, rest))

    def open(self, number, name, flags, thread=1):
        path = hexed(self.root / name)
        self.do("openat", f'AT_FDCWD<{hexed("/")}>, "{path}", {flags}, 0600', str(number), f"<{path}>", thread)

    def write(self, number, name, data, thread=1):
        arguments = f'{number}<{hexed(self.root / name)}>, "{hexed(data)}", {len(data)}'
        self.do("write", arguments, str(len(data)), thread=thread)

    def fsync(self, number, name):
        self.do("fsync", f"{number}<{hexed(self.root / name)}>")

    def rename(self, old, new):
        self.do("rename", f'"{hexed(self.root / old)}", "{hexed(self.root / new)}"')

    def found(self):
        """What may be on the platter: every set of files with their contents."""
        return {
            tuple(sorted((path.name, content) for path, content in platter.items()))
            for _, platter in self.disk.platters()
        }


def replace_it(disk, *, content_first=True, folder=True):
    disk.open(3, "new", "O_RDWR|O_CREAT|O_EXCL")
    disk.write(3, "new", "newer")
    if content_first:
        disk.fsync(3, "new")
    disk.rename("new", "queue")
    if folder:
        disk.fsync(4, "")


def test_flushed_replaced_and_flushed_is_there(disk):
    """After both flushes there is one state: the new one."""
    replace_it(disk)

    assert disk.found() == {(("queue", b"newer"),)}


def test_without_the_folder_flush_the_old_one_may_be_back(disk):
    """A rename that was not flushed may not have happened, nor may the temporary file have its name."""
    replace_it(disk, folder=False)

    old = ("queue", b"old")
    assert disk.found() == {(("queue", b"newer"),), (("new", b"newer"), old), (old,)}


def test_without_the_content_flush_the_new_one_may_be_empty(disk):
    """A rename that was flushed before its content leaves an empty file, a part, or zeros."""
    replace_it(disk, content_first=False)

    assert disk.found() == {
        (("queue", b"newer"),),
        (("queue", b""),),
        (("queue", b"ne"),),
        (("queue", bytes(5)),),
    }


def test_what_is_appended_may_be_there_in_part(disk):
    """The flushed beginning stays, whatever becomes of the rest."""
    disk.open(3, "queue", "O_WRONLY|O_APPEND")
    disk.write(3, "queue", "+new")

    assert disk.found() == {
        (("queue", b"old+new"),),
        (("queue", b"old"),),
        (("queue", b"old+n"),),
        (("queue", b"old" + bytes(4)),),
    }


def test_emptied_and_written_anew_may_be_anything(disk):
    """Writing over a file in place can lose it."""
    disk.open(3, "queue", "O_WRONLY|O_CREAT|O_TRUNC")

    assert (("queue", b""),) in disk.found()
    assert (("queue", b"old"),) in disk.found()


def test_the_name_of_a_new_file_is_its_folders(disk):
    """Flushing the file puts its content on the platter, and leaves its name to chance until its folder is flushed."""
    disk.open(3, "log", "O_WRONLY|O_CREAT|O_APPEND")
    disk.write(3, "log", "x")
    disk.fsync(3, "log")

    assert disk.found() == {(("log", b"x"), ("queue", b"old")), (("queue", b"old"),)}

    disk.fsync(4, "")

    assert disk.found() == {(("log", b"x"), ("queue", b"old"))}


def test_writes_go_where_the_descriptor_stands(disk):
    """Offsets follow writes, reads and seeks; pwrite has its own."""
    disk.open(3, "queue", "O_RDWR")
    disk.do("read", f'3<{hexed(disk.root / "queue")}>, "", 1', "1")
    disk.write(3, "queue", "XY")
    disk.do("lseek", f"3<{hexed(disk.root / 'queue')}>, 0, SEEK_SET", "0")
    disk.write(3, "queue", "Z")
    disk.do("pwrite64", f'3<{hexed(disk.root / "queue")}>, "{hexed("!")}", 1, 4', "1")
    disk.fsync(3, "queue")

    assert disk.found() == {(("queue", b"ZXY\0!"),)}


@pytest.mark.parametrize("flag", ["O_SYNC", "O_DSYNC"])
def test_writes_through_a_flushing_descriptor_are_there(disk, flag):
    """A file that is opened to be flushed by each write needs no other flush."""
    disk.open(3, "queue", f"O_WRONLY|O_TRUNC|{flag}")
    disk.write(3, "queue", "newer")

    assert disk.found() == {(("queue", b"newer"),)}


def test_what_failed_changes_nothing(disk):
    """A system call that returned an error is not replayed."""
    disk.do("rename", f'"{hexed(disk.root / "queue")}", "{hexed(disk.root / "gone")}"', "-1", " EACCES")

    assert disk.found() == {(("queue", b"old"),)}
    assert not disk.disk.is_changed


def test_what_the_model_does_not_know_is_inconclusive(disk):
    """A program that writes in another way is not judged."""
    with pytest.raises(InconclusiveError, match="writes with splice, which the model disk does not know"):
        disk.do("splice", f"3<{hexed('pipe:[1]')}>, NULL, 4<{hexed(disk.root / 'queue')}>, NULL, 9, 0", "9")
    with pytest.raises(InconclusiveError, match="copies with copy_file_range what the model disk does not know"):
        disk.do("copy_file_range", f"3<{hexed('/x')}>, NULL, 4<{hexed(disk.root / 'queue')}>, NULL, 9, 0", "9")


def test_a_copy_is_what_was_copied(disk):
    """What the system copies by itself is written, from where the descriptor stands or from a place that is named."""
    for name in ("first", "second"):
        disk.open(4, name, "O_RDWR|O_CREAT")
    queue, first, second = (hexed(disk.root / name) for name in ("queue", "first", "second"))
    disk.open(3, "queue", "O_RDONLY")
    disk.do("sendfile", f"4<{first}>, 3<{queue}>, [1] => [3], 9", "2")
    disk.do("copy_file_range", f"3<{queue}>, NULL, 5<{second}>, [1], 9, 0", "3")
    disk.do("sendfile", f"5<{second}>, 3<{queue}>, NULL, 9", "0")

    disk.disk.check({disk.root / "queue": b"old", disk.root / "first": b"ld", disk.root / "second": b"\0old"})


def test_writes_in_parts_go_to_their_place(disk):
    """A row of parts is written as one, at its place or where the descriptor stands, and at once where it says so."""
    queue = hexed(disk.root / "queue")
    parts = f'[{{iov_base="{hexed("x")}", iov_len=1}}, {{iov_base="{hexed("y")}", iov_len=1}}], 2'
    disk.open(3, "queue", "O_RDWR")
    disk.do("pwritev2", f"3<{queue}>, {parts}, 1, 0", "2")
    disk.disk.check({disk.root / "queue": b"oxy"})

    disk.do("pwritev2", f"3<{queue}>, {parts}, -1, RWF_DSYNC", "2")
    assert disk.found() == {(("queue", b"xyy"),)}


def test_a_file_is_cut_by_its_name(disk):
    """Who cuts it may find nothing of it."""
    disk.do("truncate", f'"{hexed(disk.root / "queue")}", 1')

    assert disk.found() == {(("queue", content),) for content in (b"old", b"o", b"", b"\0")}


@pytest.mark.parametrize("mode", ["0644", "S_IFREG|0644"])
def test_a_file_may_be_made_by_its_name(disk, mode):
    """It is empty and not flushed, as one that opening makes; what else can be made is no file."""
    disk.do("mknodat", f'AT_FDCWD<{hexed("/")}>, "{hexed(disk.root / "new")}", {mode}')
    disk.do("mknod", f'"{hexed(disk.root / "pipe")}", S_IFIFO|0644')

    assert disk.found() == {(("queue", b"old"),), (("new", b""), ("queue", b"old"))}


def test_a_link_is_a_name_like_any_other(disk):
    """A link in the place of a file is there, whole, once the folder is flushed; before, the file may be."""
    disk.do("symlink", f'"{hexed("versions/2")}", "{hexed(disk.root / "link")}"')
    disk.rename("link", "queue")
    old, made, switched = {"queue": b"old"}, {"link": Path("versions/2")}, {"queue": Path("versions/2")}

    assert disk.found() == {tuple(sorted(names.items())) for names in (old, old | made, switched)}
    disk.fsync(4, "")
    assert disk.found() == {tuple(switched.items())}
    disk.disk.check({disk.root / "queue": Path("versions/2")})


def test_links_that_were_there_are_kept(tmp_path):
    """They lead where they led, and what they lead to is no second file."""
    (tmp_path / "behind").mkdir()
    (tmp_path / "behind" / "queue").write_bytes(b"old")
    (tmp_path / "queue").symlink_to("behind/queue")

    Disk(tmp_path).check({tmp_path / "behind" / "queue": b"old", tmp_path / "queue": Path("behind/queue")})


def test_room_that_is_made_is_empty(disk):
    """Where room is made beyond the end of a file there are zeros, unless its length is to stay."""
    disk.open(3, "queue", "O_RDWR")
    disk.do("fallocate", f"3<{hexed(disk.root / 'queue')}>, FALLOC_FL_KEEP_SIZE, 0, 9")
    disk.do("fallocate", f"3<{hexed(disk.root / 'queue')}>, 0, 1, 4")
    disk.fsync(3, "queue")

    assert disk.found() == {(("queue", b"old\0\0"),)}


def test_two_names_are_exchanged_at_once(disk):
    """Both files are there before and after, each under one of the names."""
    disk.open(3, "new", "O_WRONLY|O_CREAT")
    disk.write(3, "new", "newer")
    disk.fsync(3, "new")
    disk.fsync(4, "")
    paths = ", ".join(f'AT_FDCWD<{hexed("/")}>, "{hexed(disk.root / name)}"' for name in ("new", "queue"))
    disk.do("renameat2", f"{paths}, RENAME_EXCHANGE")

    assert disk.found() == {
        (("new", b"newer"), ("queue", b"old")),
        (("new", b"old"), ("queue", b"newer")),
    }


@pytest.fixture
def new_folder(disk):
    """A folder with a flushed file in it; the folder above it is not flushed."""
    disk.do("mkdir", f'"{hexed(disk.root / "new")}", 0777')
    disk.open(3, "new/first", "O_WRONLY|O_CREAT")
    disk.write(3, "new/first", "x")
    disk.fsync(3, "new/first")
    disk.fsync(4, "new")


@pytest.mark.usefixtures("new_folder")
def test_a_new_folder_goes_with_what_is_in_it(disk):
    """It is there for sure once the folder above it is flushed."""
    unflushed, how = disk.found(), [how for how, _ in disk.disk.platters()]
    disk.fsync(4, "")

    assert unflushed == {(("queue", b"old"),), (("first", b"x"), ("queue", b"old"))}
    assert how[0].startswith("without the last 1 changes of names, the folder new among them")
    assert disk.found() == {(("first", b"x"), ("queue", b"old"))}


@pytest.mark.usefixtures("new_folder")
def test_folders_of_the_dead_are_kept(disk):
    """Nobody can tell that whoever made a folder did not flush its name; what is in it is another matter."""
    disk.open(3, "new/second", "O_WRONLY|O_CREAT")
    disk.disk.begin_anew()

    assert disk.found() == {
        (("first", b"x"), ("queue", b"old")),
        (("first", b"x"), ("queue", b"old"), ("second", b"")),
    }


@pytest.mark.usefixtures("new_folder")
def test_a_folder_is_moved_with_what_is_in_it(disk):
    """It has its new name once the folder above it is flushed again."""
    disk.fsync(4, "")
    disk.rename("new", "folder")
    disk.disk.check({disk.root / "queue": b"old", disk.root / "folder" / "first": b"x"})
    places = {path.relative_to(disk.root) for _, platter in disk.disk.platters() for path in platter}
    disk.fsync(4, "")

    assert {str(place) for place in places} == {"queue", "new/first", "folder/first"}
    assert [list(platter) for _, platter in disk.disk.platters()] == [
        [disk.root / "queue", disk.root / "folder" / "first"]
    ]


def test_a_folder_is_removed(disk):
    """What was removed is not there, once that is flushed."""
    disk.do("mkdir", f'"{hexed(disk.root / "new")}", 0777')
    disk.do("rmdir", f'"{hexed(disk.root / "new")}"')
    disk.open(3, "new", "O_WRONLY|O_CREAT")
    disk.fsync(4, "")

    assert disk.found() == {(("new", b""), ("queue", b"old"))}


def test_a_process_has_descriptors_of_its_own(disk):
    """What a child opens under a number of its parent's is another file; a thread shares the numbers."""
    disk.open(3, "queue", "O_WRONLY")
    disk.do("clone3", "{flags=CLONE_VM|CLONE_FILES, exit_signal=0}", "2")
    disk.do("vfork", "", "3")
    disk.open(3, "other", "O_WRONLY|O_CREAT|O_APPEND", thread=3)
    for thread, name, data in [(2, "queue", "N"), (3, "other", "far"), (1, "queue", "E"), (3, "other", "ther")]:
        disk.write(3, name, data, thread=thread)

    disk.disk.check({disk.root / "queue": b"NEd", disk.root / "other": b"farther"})


@pytest.mark.parametrize("other", ["/proc/self/fd/3", "/proc/4711/fd/3", "/dev/fd/3"])
def test_a_file_that_gets_its_name_later_is_followed(disk, other):
    """What was opened without a name (O_TMPFILE) is written and flushed, then linked and put in place."""
    nameless = hexed(disk.root / "#4711")
    folder = hexed(disk.root)
    disk.do("openat", f'AT_FDCWD<{hexed("/")}>, "{folder}", O_WRONLY|O_TMPFILE, 0600', "3", f"<{nameless}>(deleted)")
    disk.do("write", f'3<{nameless}>(deleted), "{hexed("newer")}", 5', "5")
    disk.do("fsync", f"3<{nameless}>(deleted)")
    disk.do("linkat", f'4<{hexed("/")}>, "{hexed(other)}", 4<{folder}>, "{hexed("new")}", AT_SYMLINK_FOLLOW')
    disk.rename("new", "queue")
    disk.fsync(5, "")

    assert disk.found() == {(("queue", b"newer"),)}


def test_what_no_system_call_shows_makes_the_model_worthless(disk):
    """A file that holds something else than the model does was written through memory; SQLite's own index may be."""
    there = {disk.root / "queue": b"old", disk.root / "queue-shm": b"index"}

    disk.disk.check(there)
    with pytest.raises(InconclusiveError, match="changes queue in a way that the model disk does not know"):
        disk.disk.check(there | {disk.root / "queue": b"mapped"})
    with pytest.raises(InconclusiveError, match="changes other in a way"):
        disk.disk.check(there | {disk.root / "other": b""})


def test_a_name_that_is_used_again_is_flushed_with_its_new_file(disk):
    """The second file under one temporary name is renamed as the first was, whose folder nobody flushed."""
    for content in ("first", "second"):
        disk.open(3, "new", "O_RDWR|O_CREAT|O_EXCL")
        disk.write(3, "new", content)
        disk.fsync(3, "new")
        disk.rename("new", "queue")

    disk.disk.check({disk.root / "queue": b"second"})
    disk.fsync(4, "")

    assert disk.found() == {(("queue", b"second"),)}


def test_what_is_written_over_leaves_the_rest_as_it_was(disk):
    """Who writes in place, with a checksum, finds the part of the file that was not touched."""
    disk.open(3, "queue", "O_RDWR")
    disk.do("pwrite64", f'3<{hexed(disk.root / "queue")}>, "{hexed("LD")}", 2, 1', "2")

    assert disk.found() == {(("queue", content),) for content in (b"old", b"oLD", b"oLd")}


def test_of_what_is_cut_nothing_need_be_left(disk):
    """Who cuts a file and writes it anew may find it empty, or the beginning of the new content alone."""
    disk.open(3, "queue", "O_RDWR|O_TRUNC")
    disk.write(3, "queue", "NEWEST")

    assert disk.found() == {(("queue", content),) for content in (b"old", b"NEWEST", b"NEW", bytes(6))}
