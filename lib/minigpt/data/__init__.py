"""Text in, token batches out: sources, downloads, token streams, batches.

A *source* hands out text and knows nothing of tokens; a *stream* is a long row of token
ids, in memory or on disk; a *batch* is the first place where a tensor appears.
"""

from minigpt.data.batches import IGNORE, Batches, story_windows, windows
from minigpt.data.downloads import DOWNLOADS, Download, download
from minigpt.data.sources import Source, StorySource, TextSource, open_data
from minigpt.data.streams import (
    TokenStream,
    encode_source,
    encode_stories,
    open_shards,
    write_shards,
)

__all__ = [
    "DOWNLOADS",
    "IGNORE",
    "Batches",
    "Download",
    "Source",
    "StorySource",
    "TextSource",
    "TokenStream",
    "download",
    "encode_source",
    "encode_stories",
    "open_data",
    "open_shards",
    "story_windows",
    "windows",
    "write_shards",
]
