"""Films of every kind that is taken, and whatever else may be sent as one."""

import contextlib
import http.server
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import psutil
import pytest
from PIL import Image

from mlcore.artifacts import PACKAGED_MODELS
from mlcore.detectors.base import to_grey
from mlcore.errors import FilmError
from mlcore.films.child import Child, _Watch
from mlcore.films.composed import Actor, Shot, Writing, compose_film, portrait, write_film
from mlcore.films.info import DEFAULT_LIMITS, Limits
from mlcore.films.reading import frames, probe
from mlcore.scenes import Picture
from mlcore.tests.films import FACE, drawn, plain, scenery, two_shots, write_shots

FAST = {"preset": "ultrafast"}
VPX = {"deadline": "realtime", "cpu-used": "8"}
KINDS = {
    "h264.mp4": (Writing(sound="aac", rate=15), "mp4", "h264"),
    "h265.mov": (Writing("libx265", FAST, sound="pcm_s16le", rate=15), "mov", "hevc"),
    "vp8.webm": (Writing("libvpx", VPX, sound="libopus", rate=15), "webm", "vp8"),
    "vp9.webm": (Writing("libvpx-vp9", VPX, rate=15), "webm", "vp9"),
    "av1.mkv": (Writing("libsvtav1", {"preset": "12"}, rate=15), "matroska", "av1"),
    "h264.avi": (Writing(options={**FAST, "bf": "0"}, sound="libmp3lame", rate=15), "avi", "h264"),
    "mpeg4.avi": (Writing("mpeg4", {}, rate=15), "avi", "mpeg4"),
    "b-frames.mkv": (Writing(options={"preset": "medium"}, rate=15), "matroska", "h264"),
    "ten-bit.mp4": (Writing(pixel_format="yuv420p10le", options=FAST, rate=15), "mp4", "h264"),
}


@pytest.fixture(autouse=True)
def _nothing_stays_behind() -> Iterator[None]:
    before = {child.pid for child in psutil.Process().children()}
    yield
    assert {child.pid for child in psutil.Process().children()} <= before


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_film_is_read_with_its_own_times(
    astronaut: Picture, tmp_path: Path, name: str
) -> None:
    writing, container, codec = KINDS[name]
    path = write_shots(tmp_path / name, two_shots(astronaut), writing)
    info = probe(path)
    assert (info.container, info.codec) == (container, codec)
    assert (info.width, info.height, info.rotation) == (480, 360, 0)
    assert info.duration == pytest.approx(4.0, abs=0.1)
    assert info.frame_rate == pytest.approx(15, abs=0.01)
    assert info.has_sound == (writing.sound is not None)

    read = list(frames(path, rate=None))
    assert len(read) == 60
    assert [frame.number for frame in read] == list(range(60))
    assert [frame.time for frame in read] == pytest.approx(np.arange(60) / 15, abs=0.002)
    assert [frame.time for frame in read if frame.cut] == pytest.approx([2.0], abs=0.002)
    # The pictures are those that were written.
    for frame, (_, picture) in zip(read, drawn(two_shots(astronaut)), strict=True):
        assert np.abs(frame.image.astype(int) - picture).mean() < 12

    some = frames(path, rate=5)
    assert [frame.number for frame in some] == list(range(0, 60, 3))
    assert not some.truncated
    assert [frame.number for frame in frames(path, rate=5, start=1.0)] == list(range(15, 60, 3))


def test_the_first_frame_of_a_shot_is_read_where_that_is_asked_for(
    astronaut: Picture, tmp_path: Path
) -> None:
    path = write_shots(tmp_path / "film.mp4", two_shots(astronaut, seconds=0.8))
    read = list(frames(path, rate=2, shots=True))
    assert [(frame.number, frame.cut) for frame in read] == [
        (0, False),
        (8, False),
        (12, True),
        (15, False),
        (23, False),
    ]
    rest = frames(path, rate=2, shots=True, since=(read[2].time, read[2].number))
    assert [frame.number for frame in rest] == [15, 23]


@pytest.mark.parametrize("name", ["h264.mp4", "b-frames.mkv", "vp9.webm", "mpeg4.avi"])
def test_reading_goes_on_after_a_frame_as_if_it_had_never_stopped(
    astronaut: Picture, tmp_path: Path, name: str
) -> None:
    writing = KINDS[name][0]
    with_keys = Writing(writing.codec, {**writing.options, "g": "10"}, rate=15)
    path = write_shots(tmp_path / name, two_shots(astronaut), with_keys)
    whole = list(frames(path, rate=5))
    for place in (0, 5, 9, 10, 18):
        last = whole[place]
        rest = list(frames(path, rate=5, since=(last.time, last.number)))
        assert [(one.time, one.number, one.cut) for one in rest] == [
            (one.time, one.number, one.cut) for one in whole[place + 1 :]
        ]
        for one, other in zip(rest, whole[place + 1 :], strict=True):
            assert (one.image == other.image).all()


@pytest.mark.parametrize("rate", [2, 15])
def test_reading_goes_on_with_the_same_cuts(tmp_path: Path, rate: int) -> None:
    """Of a slow film, too, of which a second is two frames."""
    one, other = scenery(1).astype(float), scenery(3).astype(float)
    # Much motion, then little, then some that would be a cut after little alone.
    shares = np.cumsum([0.0] + [0.22, -0.22] * 9 + [0.02, -0.02] * 2 + [0.38] + [0.02, -0.02] * 4)
    pictures = [(one + share * (other - one)).round().astype(np.uint8) for share in shares]
    pictures += [scenery(5), scenery(5)]
    path = tmp_path / "film.mp4"
    timed = [(number / rate, picture) for number, picture in enumerate(pictures)]
    write_film(path, timed, Writing(rate=rate, options={**FAST, "g": "1"}))
    whole = list(frames(path, rate=None))
    assert [frame.number for frame in whole if frame.cut] == [len(shares)]
    for last in whole[:-1]:
        rest = frames(path, rate=None, since=(last.time, last.number))
        assert [(frame.number, frame.cut) for frame in rest] == [
            (frame.number, frame.cut) for frame in whole[last.number + 1 :]
        ]


@pytest.mark.parametrize("rotation", [90, 180, 270])
@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_a_film_that_lies_on_its_side_is_turned_upright(
    astronaut: Picture, tmp_path: Path, rotation: int, suffix: str
) -> None:
    shots = two_shots(astronaut, (360, 480), 0.4)
    path = write_shots(tmp_path / f"turned.{suffix}", shots, Writing(rotation=rotation, rate=15))
    info = probe(path)
    assert (info.width, info.height, info.rotation) == (360, 480, rotation)
    for frame, (_, picture) in zip(frames(path, rate=None), drawn(shots), strict=True):
        assert frame.image.shape == (480, 360, 3)
        assert np.abs(frame.image.astype(int) - picture).mean() < 10


def test_frames_at_their_own_times(tmp_path: Path) -> None:
    """A variable frame rate: none for a while, then many."""
    times = [0.0, 0.04, 0.08, 1.0, 1.5, 1.52, 1.54, 1.56, 3.0]
    picture = scenery(0, (160, 96))
    path = tmp_path / "variable.mp4"
    write_film(path, [(time, np.roll(picture, 9 * row, 1)) for row, time in enumerate(times)])
    assert [frame.time for frame in frames(path, rate=None)] == pytest.approx(times, abs=1e-4)
    some = list(frames(path, rate=2))
    assert [frame.time for frame in some] == pytest.approx([0.0, 1.0, 1.5, 3.0], abs=1e-4)
    assert [frame.number for frame in some] == [0, 3, 4, 8]


def test_odd_sizes_and_pixels_that_are_not_square(tmp_path: Path) -> None:
    picture = scenery(0, (161, 97))
    odd = tmp_path / "odd.mkv"
    write_film(odd, [(0.0, picture), (0.1, picture)], Writing(pixel_format="yuv444p"))
    assert (probe(odd).width, probe(odd).height) == (161, 97)
    assert next(frames(odd, rate=None)).image.shape == (97, 161, 3)

    wide = tmp_path / "wide.mp4"
    with av.open(str(wide), "w") as target:
        stream = target.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.codec_context.sample_aspect_ratio = 2
        target.mux(stream.encode(av.VideoFrame.from_ndarray(scenery(0, (160, 96)))))
        target.mux(stream.encode(None))
    assert (probe(wide).width, probe(wide).height) == (320, 96)
    assert next(frames(wide, rate=None)).image.shape == (96, 320, 3)


def test_large_frames_are_scaled_down(tmp_path: Path) -> None:
    path = tmp_path / "large.mp4"
    write_film(path, [(0.0, scenery(0, (640, 400)))])
    assert next(frames(path, rate=None, max_side=320)).image.shape == (200, 320, 3)


def test_a_film_without_a_duration_in_its_header(tmp_path: Path) -> None:
    """As browsers record them: a WebM that was written while it went on."""
    path = plain(
        tmp_path / "live.webm",
        frames=45,
        writing=Writing("libvpx", VPX, rate=15, format_options={"live": "1"}),
    )
    info = probe(path)
    assert info.duration == pytest.approx(3.0, abs=0.1)
    assert not (reader := frames(path, rate=None)).truncated
    assert len(list(reader)) == 45


def code_of(path: Path, limits: Limits = DEFAULT_LIMITS) -> str:
    """How a file is refused; by `frames` as by `probe`."""
    with pytest.raises(FilmError) as refusal:
        probe(path, limits)
    with pytest.raises(FilmError) as other:
        list(frames(path, rate=None, limits=limits))
    assert other.value.code == refusal.value.code
    assert refusal.value.detail == str(refusal.value)
    return refusal.value.code


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a film",
        bytes(100_000),
        os.urandom(100_000),
        b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/a.ts\n",
        b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nt=0 0\nm=video 5004 RTP/AVP 96\n",
        b"%PDF-1.7",
        b"<?xml version='1.0'?><MPD><Period/></MPD>",
    ],
    ids=["empty", "text", "zeros", "noise", "hls", "concat", "sdp", "pdf", "dash"],
)
@pytest.mark.parametrize("name", ["film.mp4", "film"])
def test_what_is_no_film_is_refused(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert code_of(tmp_path / name) == "not_a_film"


@pytest.mark.parametrize("kind", ["jpeg", "png", "gif", "webp", "bmp"])
def test_a_picture_is_no_film(tmp_path: Path, kind: str) -> None:
    Image.fromarray(scenery(0)).save(tmp_path / "film.mp4", kind)
    assert code_of(tmp_path / "film.mp4") == "no_video_stream"


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.wav", "pcm_s16le"),
        ("a.mp3", "libmp3lame"),
        ("a.m4a", "aac"),
        ("a.mp4", "aac"),
        ("a.webm", "libopus"),
        ("a.mkv", "aac"),
        ("a.ogg", "libopus"),
        ("a.flac", "flac"),
    ],
)
def test_sound_is_no_film(tmp_path: Path, name: str, codec: str) -> None:
    path = tmp_path / name
    with av.open(str(path), "w") as target:
        stream = target.add_stream(codec, rate=48_000, layout="mono")
        wave = np.zeros((1, 48_000), np.float32)
        tone = av.AudioFrame.from_ndarray(wave, "fltp", "mono")
        tone.sample_rate = 48_000
        size = stream.codec_context.frame_size or 1024
        resampler = av.AudioResampler(stream.codec_context.format, "mono", 48_000, size)
        for piece in resampler.resample(tone):
            target.mux(stream.encode(piece))
        target.mux(stream.encode(None))
    assert code_of(path) == "no_video_stream"


def test_a_codec_that_is_not_read(tmp_path: Path) -> None:
    writing = Writing("ffv1", {}, rate=15)
    assert code_of(plain(tmp_path / "x.mkv", writing=writing)) == "film_unreadable"


def test_a_film_that_is_too_long_by_its_header(tmp_path: Path) -> None:
    path = plain(tmp_path / "long.mkv")
    content = bytearray(path.read_bytes())
    place = content.index(b"\x44\x89\x88")  # Duration, a float of eight bytes, in milliseconds
    content[place + 3 : place + 11] = struct.pack(">d", 36_000_000.0)
    path.write_bytes(content)
    assert code_of(path) == "film_too_long"


def test_a_film_that_is_longer_than_its_header_says(tmp_path: Path) -> None:
    """Its last frame comes an hour later."""
    picture = scenery(0, (160, 96))
    path = tmp_path / "longer.mkv"
    write_film(path, [(0.0, picture), (0.1, picture), (3600.0, picture)])
    content = bytearray(path.read_bytes())
    place = content.index(b"\x44\x89\x88")
    content[place + 3 : place + 11] = struct.pack(">d", 1000.0)
    path.write_bytes(content)
    reader = frames(path, rate=None)
    with pytest.raises(FilmError) as refusal:
        list(reader)
    assert refusal.value.code == "film_too_long"


def test_a_film_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "wide.mkv"
    strip = np.zeros((10, 100_000, 3), np.uint8)
    write_film(path, [(0.0, strip)], Writing("ffv1", {}))
    assert code_of(path) == "film_too_large"
    small = plain(tmp_path / "small.mp4")
    assert code_of(small, Limits(side=150)) == "film_too_large"
    assert probe(small, Limits(side=160)).width == 160


def test_a_film_of_a_thousand_frames_a_second(tmp_path: Path) -> None:
    assert code_of(plain(tmp_path / "fast.mp4", frames=300, rate=1000)) == "film_too_fast"
    assert probe(plain(tmp_path / "slow.mp4", frames=60, rate=240)).frame_rate == 240


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("cut.mp4", {"movflags": "faststart"}),
        ("cut.mov", {"movflags": "faststart"}),
        ("cut.mkv", {}),
        ("cut.webm", {}),
        ("cut.avi", {}),
    ],
)
def test_of_a_film_cut_short_what_is_left_is_read_and_it_is_said(
    tmp_path: Path, name: str, options: dict[str, str]
) -> None:
    codec = "libvpx" if name.endswith("webm") else "libx264"
    settings = VPX if codec == "libvpx" else {**FAST, "bf": "0"}
    writing = Writing(codec, settings, rate=15, format_options=options)
    path = plain(tmp_path / name, frames=150, writing=writing)
    whole = frames(path, rate=None)
    assert len(list(whole)) == 150
    assert not whole.truncated
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 6 // 10])
    rest = frames(path, rate=None)
    assert 30 < len(list(rest)) < 140
    assert rest.truncated


def test_a_film_cut_short_before_its_index(tmp_path: Path) -> None:
    path = plain(tmp_path / "cut.mp4", frames=150)
    path.write_bytes(path.read_bytes()[:-2000])
    assert code_of(path) == "film_unreadable"


def test_films_without_a_frame(tmp_path: Path) -> None:
    path = plain(tmp_path / "some.mkv")
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"\x1f\x43\xb6\x75")])  # up to the first cluster
    assert code_of(path) == "film_unreadable"
    bare = plain(tmp_path / "some.mp4", frames=1)
    content = bytearray(bare.read_bytes())
    place = content.index(b"stsz") + 8
    content[place : place + 8] = bytes(8)  # no samples
    bare.write_bytes(content)
    assert code_of(bare) == "film_unreadable"


def test_a_broken_index(tmp_path: Path) -> None:
    path = plain(tmp_path / "index.mp4", frames=60)
    content = bytearray(path.read_bytes())
    place = content.index(b"stco") + 8
    count = struct.unpack(">I", content[place : place + 4])[0]
    content[place + 4 : place + 4 + 4 * count] = b"\x7f\xff\xff\xff" * count
    path.write_bytes(content)
    assert code_of(path) == "film_unreadable"

    # One that is only for jumping is not needed.
    path = plain(tmp_path / "index.mkv", frames=60)
    content = bytearray(path.read_bytes())
    place = content.rindex(b"\x1c\x53\xbb\x6b")
    content[place + 8 : place + 40] = os.urandom(len(content[place + 8 : place + 40]))
    path.write_bytes(content)
    read = list(frames(path, rate=None))
    assert len(read) == 60
    rest = frames(path, rate=None, since=(read[40].time, read[40].number))
    assert [one.number for one in rest] == list(range(41, 60))


def test_noise_in_the_middle_is_survived(tmp_path: Path) -> None:
    path = plain(tmp_path / "noise.mp4", frames=90)
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + len(content) // 3
    content[start : start + 3000] = os.urandom(3000)
    path.write_bytes(content)
    reader = frames(path, rate=None)
    assert len(list(reader)) > 20


def with_reference(content: bytes, address: bytes) -> bytes:
    """An MP4 whose samples are said to lie at an address (ISO/IEC 14496-12, 8.7.2)."""
    place = content.index(b"url \0\0\0\1") - 4
    new = struct.pack(">I", 12 + len(address) + 1) + b"url \0\0\0\0" + address + b"\0"
    grown = bytearray(content[:place] + new + content[place + 12 :])
    for name in (b"dref", b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        at = grown.rindex(name, 0, place + 8) - 4
        (size,) = struct.unpack(">I", grown[at : at + 4])
        grown[at : at + 4] = struct.pack(">I", size + len(new) - 12)
    return bytes(grown)


def test_nothing_is_fetched_and_no_other_file_is_opened(tmp_path: Path) -> None:
    asked: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/secret.mp4"
    content = plain(tmp_path / "good.mp4").read_bytes()
    files = {
        "reference.mp4": with_reference(content, address.encode()),
        "list.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{address}\n".encode(),
        "list.mp4": f"ffconcat version 1.0\nfile '{address}'\n".encode(),
        "list.mkv": f"#EXTM3U\n#EXTINF:1,\n{tmp_path}/good.mp4\n".encode(),
    }
    try:
        for name, bad in files.items():
            (tmp_path / name).write_bytes(bad)
            if name == "reference.mp4":
                # Its pictures lie elsewhere: nothing is read, or what lies there in this file.
                with contextlib.suppress(FilmError):
                    list(frames(tmp_path / name, rate=None))
            else:
                assert code_of(tmp_path / name) == "not_a_film"
        # A name is never taken for an address.
        odd = tmp_path / "http:" / "x"
        odd.parent.mkdir()
        odd.write_bytes(content)
        assert probe(odd).width == 160
    finally:
        server.shutdown()
        server.server_close()
    assert asked == []


def test_a_decoder_that_hangs_is_ended(tmp_path: Path) -> None:
    path = plain(tmp_path / "film.mp4", frames=600)
    reader = frames(path, rate=None, limits=Limits(patience=1.0))
    next(reader)
    os.kill(reader.pid, signal.SIGSTOP)
    started = time.monotonic()
    with pytest.raises(FilmError) as refusal:
        list(reader)
    assert refusal.value.code == "film_stalled"
    assert time.monotonic() - started < Limits().patience  # its own, not the usual
    assert not psutil.pid_exists(reader.pid)


def test_a_decoder_that_turns_in_circles_is_ended_and_a_slow_one_is_not() -> None:
    spin = "import time\nwhile time.process_time() < {}: pass"
    for seconds, alive in ((0.3, True), (60.0, False)):
        process = subprocess.Popen([sys.executable, "-c", spin.format(seconds)])
        watch = _Watch(process.pid, 2.0)
        going = True
        while going:
            time.sleep(watch.left())
            going = process.poll() is None and watch.is_alive()
        assert (process.poll() is not None) == alive
        process.kill()
        process.wait()


def test_a_decoder_that_crashes(tmp_path: Path) -> None:
    path = plain(tmp_path / "film.mp4", frames=600)
    reader = frames(path, rate=None)
    next(reader)
    os.kill(reader.pid, signal.SIGSEGV)
    with pytest.raises(FilmError) as refusal:
        list(reader)
    assert refusal.value.code == "film_crashed"
    assert len(list(frames(path, rate=10))) > 100


def failure_of(task: str, limits: Limits = DEFAULT_LIMITS, **request: object) -> FilmError:
    """What is told of a child that fails in this way, see `mlcore.tests.failing_child`."""
    with (
        Child("mlcore.tests.failing_child", {"task": task, **request}, limits) as child,
        pytest.raises(FilmError) as refusal,
    ):
        child.receive()
    return refusal.value


def test_what_a_decoder_says_last_is_told(tmp_path: Path) -> None:
    error = failure_of("raise")
    assert (error.code, error.detail) == (
        "film_crashed",
        "The film's decoder died (exit status 1; it said: RuntimeError: no more).",
    )
    assert "needs more memory" in failure_of("lack memory").detail
    # It may not write files for all that.
    assert "File too large" in failure_of("write", path=str(tmp_path / "file")).detail
    assert (tmp_path / "file").read_bytes() == b""


def test_a_decoder_that_says_much_is_heard_and_one_that_only_talks_is_ended() -> None:
    with Child("mlcore.tests.failing_child", {"task": "talk"}, DEFAULT_LIMITS) as child:
        assert child.receive()[0]["done"]
    assert failure_of("talk on", Limits(patience=1.0)).code == "film_stalled"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not keep to this limit")
def test_a_decoder_that_wants_too_much_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.mp4"
    write_film(path, [(number / 10, scenery(0, (2400, 1600))) for number in range(3)])
    assert len(list(frames(path, rate=None))) == 3
    assert code_of(path, Limits(memory=200 << 20)) == "film_crashed"


def test_a_slow_reader_is_waited_for(tmp_path: Path) -> None:
    path = plain(tmp_path / "film.mp4", frames=300)
    reader = frames(path, rate=None, limits=Limits(patience=1.0))
    next(reader)
    time.sleep(2)
    assert len(list(reader)) == 299


def test_the_decoder_ends_with_the_process_that_asked(tmp_path: Path) -> None:
    path = plain(tmp_path / "film.mp4", frames=900, rate=30)
    code = (
        "import os, sys; from pathlib import Path; from mlcore.films.reading import frames; "
        "reader = frames(Path(sys.argv[1]), rate=None); next(reader); "
        "print(reader.pid, flush=True); os._exit(1)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, path],
        capture_output=True,
        text=True,
        check=False,
        cwd=PACKAGED_MODELS.parent.parent,
    )
    pid = int(answer.stdout)
    for _ in range(50):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            break
        time.sleep(0.1)
    else:
        pytest.fail("the decoder lives on")


def test_a_missing_film(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        probe(tmp_path / "none.mp4")


def test_reading_needs_neither_pyav_nor_opencv_here() -> None:
    code = (
        "import sys, mlcore.films.reading, mlcore.films.columns; "
        "print(sorted({'av', 'cv2', 'django', 'dlib'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGED_MODELS.parent.parent,
    )
    assert answer.stdout.strip() == "[]"


def test_a_face_that_comes_near_at_once_is_no_cut(astronaut: Picture, tmp_path: Path) -> None:
    near = Actor(portrait(astronaut, FACE), lambda t: (300.0, 180.0, 280.0), seconds=(0.5, 1.5))
    path = write_shots(tmp_path / "film.mp4", [Shot(2.0, scenery(1), [near])])
    assert not any(frame.cut for frame in frames(path, rate=None))


def test_a_cut_between_black_bars_is_one(tmp_path: Path) -> None:
    def upright(seed: int) -> Picture:
        picture = np.zeros((360, 640, 3), np.uint8)
        picture[:, 220:420] = scenery(seed, (200, 360))
        return picture

    path = write_shots(tmp_path / "film.mp4", [Shot(1.0, upright(1)), Shot(1.0, upright(3))])
    assert [frame.time for frame in frames(path, rate=None) if frame.cut] == pytest.approx([1.0])


@pytest.mark.parametrize("rotation", [0, 90])
@pytest.mark.parametrize("side", [1280, 240])
def test_frames_without_their_colours(
    astronaut: Picture, tmp_path: Path, rotation: int, side: int
) -> None:
    path = write_shots(
        tmp_path / "film.mov",
        two_shots(astronaut, seconds=0.4),
        Writing(rate=15, rotation=rotation),
    )
    grey = list(frames(path, rate=5, max_side=side, grey=True))
    for one, other in zip(grey, frames(path, rate=5, max_side=side), strict=True):
        assert one.image.shape == other.image.shape[:2]
        difference = np.abs(one.image.astype(int) - to_grey(other.image).astype(int))
        assert difference.mean() < 6


def test_how_much_of_a_face_is_to_be_seen(astronaut: Picture) -> None:
    face = portrait(astronaut, FACE)
    whole = Actor(face, lambda t: (240.0, 180.0, 100.0))
    leaving = Actor(face, lambda t: (0.0, 180.0, 100.0))
    covering = Actor(face, lambda t: (275.0, 180.0, 100.0))
    (frame,) = compose_film([Shot(0.01, scenery(1), [whole, leaving, covering])], 15)
    # The face takes 85 of the 100 pixels; the nearer one's picture begins 15 before its middle.
    assert frame.visible[0] == pytest.approx(27 / 85, abs=0.03)
    assert frame.visible[1] == pytest.approx(0.5, abs=0.02)
    assert frame.visible[2] == 1.0
