"""A process that answers lines: what goes wrong in it reaches neither the next answer nor the parent."""

from __future__ import annotations

import asyncio
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from shared import line_process
from shared.line_process import LineProcess, ProcessEnded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], LineProcess]]:
    """Begin a process whose module has this body after its imports."""
    begun = []
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")

    def begin(body: str) -> LineProcess:
        (tmp_path / "answering.py").write_text(f"import os, sys, time\n{body}\n", encoding="utf-8")
        begun.append(LineProcess("answering"))
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


async def test_what_a_library_prints_is_no_answer(process: Callable[[str], LineProcess]) -> None:
    """Taken for one, it would leave each answer to the question after its own."""
    talkative = process(
        "from shared.line_process import answer_lines\n"
        "def answer(line):\n"
        "    print('a warning', flush=True)\n"
        "    os.write(1, b'one of a library in C\\n')\n"
        "    return line.strip()[::-1]\n"
        "answer_lines(answer)"
    )
    assert [await talkative.ask(line, 20) for line in (b"one", b"two")] == [b"eno\n", b"owt\n"]


async def test_one_that_answers_no_more_and_does_not_end_is_ended(
    process: Callable[[str], LineProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_process, "SECONDS_TO_END", 0.1)
    mute = process("os.close(1)\ntime.sleep(600)")
    with pytest.raises(ProcessEnded, match="ended with -9"):
        await mute.ask(b"one", 20)


async def test_half_an_answer_is_none(process: Callable[[str], LineProcess]) -> None:
    with pytest.raises(ProcessEnded, match="ended with 3"):
        await process("os.write(1, b'half')\nos._exit(3)").ask(b"one", 20)


async def test_two_who_start_it_at_once_have_the_same(
    process: Callable[[str], LineProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker starts it while its thread asks: one of two processes was ended by nobody, or in the midst."""
    begin = subprocess.Popen
    begun = []

    def begin_slowly(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        begun.append(begin(*arguments, **options))
        time.sleep(0.2)
        return begun[-1]

    monkeypatch.setattr(subprocess, "Popen", begin_slowly)
    echoing = process("from shared.line_process import answer_lines\nanswer_lines(bytes.strip)")
    started, answer = await asyncio.gather(asyncio.to_thread(echoing.start), echoing.ask(b"one", 20))
    assert answer == b"one\n"
    assert begun == [started]


async def test_who_waits_for_an_answer_when_it_is_closed_gets_none(process: Callable[[str], LineProcess]) -> None:
    mute = process("time.sleep(600)")
    mute.start()
    asking = asyncio.create_task(mute.ask(b"one", 60))
    await asyncio.sleep(0.1)
    mute.close()
    with pytest.raises(ProcessEnded, match="ended with -9"):
        await asyncio.wait_for(asking, 10)
