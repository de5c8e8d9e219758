"""One room's live page: SimCord's Preview, taught to share the stage. Private API throughout: see `stage`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import simcord
from aiohttp import web
from simcord.preview import Preview
from simcord.preview._pages import _Page
from simcord.preview._server import PreviewServer

from bot.demo.directory import Viewer

_ADDED = {
    # A room, not a workbench: what serves the testing of bots is put away.
    "/preview.css": """
#messages-toggle, #messages-sidebar, #drawer-scrim, #refresh, #capture-open, #inspector-toggle,
#inspector-panel, .session-menu, .preview-brand, #back-activity, #view-action-output {
  display: none !important;
}
.preview-toolbar { min-height: 0; padding-block: 6px; }
""",
    # Rooms open at their last message, and "in 3 hours" becomes "2 hours ago" when the clock skips.
    "/app.js": """
let written = 0;
setInterval(() => {
  const now = Date.parse(state.profile.presentationTime);
  if (!state.ready || state.modalHandle || state.dropdown || now - written < 60000) return;
  if (written) localRender(); else ui.timeline.scrollTop = ui.timeline.scrollHeight;
  written = now;
}, 50);
""",
}
"""What is put at the end of SimCord's own files; the browser test sees whether they still fit."""


class RoomPage(Preview):
    """A room for any number of browser pages.

    `turn` is the lock under which the simulated server may be touched; `framed_by` are the origins whose
    pages, and no others, may show the room in a frame; `playing` is told as whom somebody acts.
    """

    def __init__(
        self,
        env: simcord.Env,
        room: simcord.ChannelHandle,
        *,
        viewers: Sequence[Viewer],
        turn: asyncio.Lock,
        zone: str,
        assets: Mapping[str, tuple[str, bytes]],
        framed_by: Sequence[str],
        playing: Callable[[int], None],
    ) -> None:
        super().__init__(
            env,
            room,
            tuple(viewers),
            layout="channel",
            display="responsive",
            width=960,
            height=720,
            locale="en-GB",
            timezone=zone,
            presentation_time=None,
            assets=assets,
            port=0,
        )
        self._turn = turn
        self._playing = playing
        self._server = _RoomServer(self, framed_by)

    async def start(self) -> None:
        """Serve, in SimCord's eyes as the one Preview there is."""
        self.env._preview = None
        await self.__aenter__()

    @property
    def ended(self) -> bool:
        """Whether someone pressed SimCord's own *End preview session*."""
        return self._closed

    def renew(self, *, grown: bool, force: bool) -> bool:
        """Show every browser what changed, or all if `force`. Says whether any browser is here to see it."""
        pages = [page for page in self._pages.values() if page is not self._python]
        self._advance_presentation_time()
        for page in pages:
            if force or page.status == "stale":
                self._publish(page, reason="refresh")
            elif grown:
                before = page.revision, page.published_at, page.publication_reason, page.snapshot
                self._publish(page, reason="refresh")
                if _substance(page.snapshot) == _substance(before[-1]):
                    page.revision, page.published_at, page.publication_reason, page.snapshot = before
        return bool(pages)

    def _open_page(self, viewer_id: Any = None, target_id: Any = None) -> _Page:
        """A new browser page starts at the newest messages, not where the room stood when first opened."""
        if self._python is not None:
            self._python.target_id = self._python.window_end_id = None
        return super()._open_page(viewer_id, target_id)

    async def _action(self, context_id: str | None, body: Mapping[str, Any]) -> dict[str, Any]:
        """Wait instead of refusing, and act on the page as it is by then, not as it was when pressed."""
        async with self._turn:
            self.env._preview = self
            page = self._get_page(context_id)
            if isinstance(body, dict) and body.get("sequence") == page.last_sequence + 1:
                body = {**body, "published_revision": page.revision}
            done = await super()._action(context_id, body)
            self._playing(page.viewer.id)
            return done


class _RoomServer(PreviewServer):
    """SimCord's server with a few words of ours at the end of its files."""

    def __init__(self, preview: Preview, framed_by: Sequence[str]) -> None:
        super().__init__(preview)
        headers = {k: v for k, v in self._SECURITY_HEADERS.items() if k != "X-Frame-Options"}
        policy = headers["Content-Security-Policy"]
        headers["Content-Security-Policy"] = policy.replace(
            "frame-ancestors 'none'", f"frame-ancestors {' '.join(framed_by)}"
        )
        vars(self)["_SECURITY_HEADERS"] = headers

    async def _static(self, request: web.Request) -> web.Response:
        response: web.Response = await super()._static(request)
        if request.path in _ADDED:
            response.text = f"{response.text}{_ADDED[request.path]}"
        return response


def _substance(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """A page without what differs each time it is drawn."""
    kept = {k: v for k, v in snapshot.items() if k not in ("publication", "publishedRevision")}
    return kept | {"profile": {k: v for k, v in snapshot["profile"].items() if k != "presentationTime"}}
