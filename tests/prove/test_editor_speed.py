"""The editor with 200 steps: there within a second, and smooth under the hand."""

import os
import time

import pytest

from campaigns.models import Campaign
from fluenzr.workspaces.models import Workspace
from tests.browsing import Visitor, address, browser_type_launch_args, doorman, marketer
from tests.builders import make_campaign, make_email_node, make_workflow

__all__ = ["address", "browser_type_launch_args", "doorman", "marketer"]

# Frames are counted only where the machine does nothing else: not in the sample that CI takes.
pytestmark = pytest.mark.skipif(bool(os.environ.get("PROVE_MINUTES")), reason="a sample shares its machine")
STEPS = 200
FRAMES = """() => {
    window.frames_ = [];
    let last = performance.now();
    const note = (now) => { window.frames_.push(now - last); last = now; requestAnimationFrame(note); };
    requestAnimationFrame(note);
}"""


@pytest.fixture
def big(workspace: Workspace) -> Campaign:
    waits = [{"id": f"wait_{number}", "type": "delay", "data": {"days": 3}} for number in range((STEPS - 2) // 2)]
    steps = [step for number, wait in enumerate(waits) for step in (make_email_node(f"mail_{number}"), wait)]
    return make_campaign(workspace, make_workflow(*steps))


def seconds_to_draw(visitor: Visitor, campaign: Campaign) -> float:
    began = time.monotonic()
    visitor.goto(f"/campaigns/{campaign.public_id}/workflow").locator(".flow-card").nth(2).wait_for()
    return time.monotonic() - began


def test_200_steps_are_there_within_a_second(marketer: Visitor, big: Campaign) -> None:
    # The first visit fetches the scripts; the best of the others, as the machine may do something else as well.
    seconds_to_draw(marketer, big)
    assert min(seconds_to_draw(marketer, big) for _ in range(5)) < 1


def share_of_quick_frames(visitor: Visitor, campaign: Campaign) -> float:
    """Drag a step about for three seconds, and return which part of the frames took less than 33 ms."""
    page = visitor.goto(f"/campaigns/{campaign.public_id}/workflow")
    box = page.locator('.react-flow__node[data-id="mail_0"]').bounding_box()
    assert box is not None
    x, y = box["x"] + 120, box["y"] + 20
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(FRAMES)
    began = time.monotonic()
    step = 0
    while time.monotonic() - began < 3:
        step += 1
        page.mouse.move(x + 3 * (step % 60), y + step % 40)
        page.wait_for_timeout(12)
    frames = page.evaluate("window.frames_")
    page.mouse.up()
    page.locator(".flow-saved.is-saved").wait_for()
    return sum(frame < 33.4 for frame in frames) / len(frames)


def test_95_of_100_frames_of_a_drag_take_under_33_ms(marketer: Visitor, big: Campaign) -> None:
    assert max(share_of_quick_frames(marketer, big) for _ in range(2)) >= 0.95
