"""Saving and loading, damaged and foreign files, and GPT-2's published form."""

import json
import os

import pytest
from test_tokenizer_bpe import SAMPLES, STORY
from test_tokenizer_training import hugging_face

from minigpt.errors import TokenizerError
from minigpt.tokenizer import (
    END,
    BPETokenizer,
    CharTokenizer,
    load_tokenizer,
    to_printable,
    tokenizer_from_dict,
)


def make(kind, specials=(END, "<|pad|>")):
    if kind == "bpe":
        return BPETokenizer.train(STORY, 421, specials)
    return CharTokenizer.from_text(STORY + "".join(SAMPLES), specials)


KINDS = pytest.mark.parametrize("kind", ["bpe", "characters"])


# --- there and back ------------------------------------------------------------------------


@KINDS
@pytest.mark.parametrize("specials", [(), (END,), ("<|b|>", "<|a|>")])
def test_a_saved_tokenizer_comes_back(tmp_path, kind, specials):
    tokenizer = make(kind, specials)
    tokenizer.save(tmp_path / "tokenizer.json")
    loaded = load_tokenizer(str(tmp_path / "tokenizer.json"))
    assert type(loaded) is type(tokenizer)
    assert loaded.to_dict() == tokenizer.to_dict()
    assert loaded.specials == tokenizer.specials
    for text in SAMPLES:
        assert loaded.encode(text, specials=True) == tokenizer.encode(text, specials=True)
        assert loaded.decode(tokenizer.encode(text)) == text


@KINDS
def test_a_dictionary_survives_json_and_is_not_shared(kind):
    tokenizer = make(kind)
    data = tokenizer.to_dict()
    assert tokenizer_from_dict(json.loads(json.dumps(data))).to_dict() == data
    data["specials"].clear()
    assert tokenizer.encode(END, specials=True) == [tokenizer.special_id(END)]


def test_a_file_says_what_it_is(tmp_path):
    make("bpe").save(tmp_path / "t.json")
    text = (tmp_path / "t.json").read_text(encoding="utf-8")
    assert '["Ġ", "t"]' in text  # readable, not \\u0120
    data = json.loads(text)
    assert (data["format"], data["version"], data["kind"]) == ("minigpt tokenizer", 1, "bpe")
    assert data["vocabulary"]["Ġ"] == 220
    assert data["specials"] == {END: 419, "<|pad|>": 420}


# --- atomic --------------------------------------------------------------------------------


def test_a_file_is_whole_and_flushed_before_it_takes_its_place(tmp_path, monkeypatch):
    done = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(number):
        done.append("fsync")
        real_fsync(number)

    def replace(source, target):
        assert load_tokenizer(source).vocab_size == 421
        assert os.path.dirname(source) == os.path.dirname(target)
        done.append("replace")
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    make("bpe").save(tmp_path / "t.json")
    assert done == ["fsync", "replace"]
    assert os.listdir(tmp_path) == ["t.json"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failed_save_keeps_the_old_file_and_leaves_nothing(tmp_path, monkeypatch, step, failure):
    path = tmp_path / "t.json"
    old = make("characters")
    old.save(path)

    def fail(*_):
        raise failure

    monkeypatch.setattr(os, step, fail)
    expected = TokenizerError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected, match="No space" if isinstance(failure, OSError) else None):
        make("bpe").save(path)
    assert load_tokenizer(path).to_dict() == old.to_dict()
    assert os.listdir(tmp_path) == ["t.json"]


def test_saving_where_there_is_no_folder_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    for folder, came in (("no", "No such file or directory"), ("file", "Not a directory")):
        path = tmp_path / folder / "t.json"
        with pytest.raises(TokenizerError) as caught:
            make("characters").save(path)
        assert str(caught.value) == (
            f"a file that can be written, but got {came} ({path}). "
            "Try: a folder that exists and can be written to."
        )


def test_files_are_utf8_whatever_the_machine_takes_for_granted(tmp_path, monkeypatch):
    monkeypatch.setattr("io.text_encoding", lambda encoding, *_: encoding or "ascii")
    tokenizer = make("characters")
    tokenizer.save(tmp_path / "t.json")
    assert load_tokenizer(tmp_path / "t.json").to_dict() == tokenizer.to_dict()


# --- damaged and foreign files -------------------------------------------------------------

UNREADABLE = "a readable UTF-8 file, but got "
BROKEN = "a whole JSON file, but got {0}, which is not JSON ("
AGAIN = "). Try: saving or downloading it again."
OTHER = (
    "{0}: a 'minigpt tokenizer', but got something else. "
    "Try: a file that save() wrote, or BPETokenizer.from_gpt2_files for GPT-2's."
)


@pytest.mark.parametrize(
    ("content", "begins", "ends"),
    [
        (
            None,
            UNREADABLE + "No such file or directory ({0})",
            ". Try: the path of a file that exists.",
        ),
        (b"", BROKEN, AGAIN),
        (b'{"format": "minigpt tok', BROKEN, AGAIN),
        (b"[" * 100_000, BROKEN, AGAIN),
        (
            b"\xff\xfe\x00",
            UNREADABLE + "{0}, which is not (invalid start byte)",
            ". Try: the file that save() wrote.",
        ),
        (b"[]", OTHER, OTHER),
        (b'{"a": 1}', OTHER, OTHER),
        (b'"text"', OTHER, OTHER),
    ],
)
def test_what_is_no_tokenizer_file_is_said(tmp_path, content, begins, ends):
    path = tmp_path / "t.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TokenizerError) as caught:
        load_tokenizer(path)
    said = str(caught.value)
    assert said.startswith(begins.format(path)) and said.endswith(ends.format(path))


def test_a_folder_is_no_tokenizer_file(tmp_path):
    with pytest.raises(TokenizerError, match="readable"):
        load_tokenizer(tmp_path)


def set_id(token, number):
    def change(data):
        data["vocabulary"][token] = number

    return change


def set_entry(name, value):
    def change(data):
        data[name] = value

    return change


def says(needed, remedy):
    """What the message is, once it is known what came."""
    return lambda came: f"{needed}, but got {came}. Try: {remedy}."


FOREIGN = says(
    "a 'minigpt tokenizer'",
    "a file that save() wrote, or BPETokenizer.from_gpt2_files for GPT-2's",
)
VERSION = says("version 1", "saving it with this library")
KIND = says("kind is one of ['characters', 'bpe']", "the file as save() wrote it")
SPECIALS_LIST, SPECIALS_DICT, MERGES, VOCABULARY, CHARACTERS = (
    says(f"a tokenizer file has a {entry}", "the file as save() wrote it")
    for entry in (
        "list under 'specials'",
        "dict under 'specials'",
        "list under 'merges'",
        "dict under 'vocabulary'",
        "str under 'characters'",
    )
)
IDS, MORE_IDS = (
    says(f"{n} tokens have the ids 0 to {n - 1}, each once", "numbering them without gaps")
    for n in (421, 422)
)
PRINTABLE = says(
    "a token is written with the 256 characters that stand for bytes",
    "a byte-level vocabulary, in which a space is written as Ġ",
)
ALL_OF_IT = says(
    "a vocabulary of all 256 bytes and all merges, and no more",
    "files that belong together, whole, and every special token named in specials",
)
IN_ORDER = says(
    "each merge makes a new token from bytes or from earlier merges",
    "the merges in the order of their making",
)
TWO = says(
    "a merge is two tokens",
    "the file as it was written, with one merge a line in merges.txt",
)
TEXT = says("text is a str", "bytes.decode() for bytes")
ENCODABLE = says(
    "text that UTF-8 can encode",
    "reading the file as UTF-8, or text.encode('utf-8', 'replace').decode()",
)
NON_EMPTY = says("a special token has a text", f"a text that stands out, such as '{END}'")
DIFFERENT = says("special tokens differ", "naming each once")
ANY = says("at least one character", "a text that has some")
ONCE = says("each character once", "CharTokenizer.from_text(text) for a whole text")

COMMON = [
    (set_entry("format", "other"), FOREIGN("something else")),
    (set_entry("version", 2), VERSION("2")),
    (set_entry("version", None), VERSION("None")),
    (set_entry("version", "1" * 50), VERSION(f"'{'1' * 39}")),  # 40 signs of it are enough
    (set_entry("kind", "words"), KIND("'words'")),
    (set_entry("kind", []), KIND("[]")),
    (set_entry("kind", "w" * 50), KIND(f"'{'w' * 39}")),
]
BROKEN_BPE = [
    *COMMON,
    (set_id("a", 65), IDS("65 for both b'a' and b'b'")),
    (set_id("a", 421), IDS("421 for b'a'")),
    (set_id("a", -1), IDS("-1 for b'a'")),
    (set_id("a", "64"), IDS("'64' for b'a'")),
    (set_id("a", 64.0), IDS("64.0 for b'a'")),
    (set_id("a", True), IDS("True for b'a'")),
    (set_id("a", []), IDS("[] for b'a'")),
    (set_id("a b", 421), PRINTABLE("' ' in 'a b'")),
    (set_id("ĠxyzĠ", 421), ALL_OF_IT("b' xyz ' with an id but no merge")),
    (lambda data: data["vocabulary"].pop("a"), ALL_OF_IT("no id for b'a'")),
    (lambda data: data["merges"].pop(), ALL_OF_IT("b' she' with an id but no merge")),
    (
        lambda data: data["merges"].reverse(),
        IN_ORDER("merge 0 of b' s' and b'he' before both are there"),
    ),
    (
        lambda data: data["merges"].insert(0, ["q", "qq"]),
        IN_ORDER("merge 0 of b'q' and b'qq' before both are there"),
    ),
    (
        lambda data: data["merges"].append(data["merges"][7]),
        IN_ORDER("merge 163 of b' ' and b'd', which is there already"),
    ),
    (lambda data: data["merges"].append(["a"]), TWO("['a']")),
    (lambda data: data["merges"].append(["a", "b", "c"]), TWO("['a', 'b', 'c']")),
    (lambda data: data["merges"].append("ab"), TWO("'ab'")),
    (lambda data: data["merges"].append(["a", 1]), TWO("['a', 1]")),
    (lambda data: data["merges"].append(["a", "中"]), PRINTABLE("'中' in '中'")),
    (lambda data: data["specials"].update({"": 421}), NON_EMPTY("an empty one")),
    (
        lambda data: data["specials"].update({"\ud800": 421}),
        ENCODABLE("the lone surrogate '\\ud800' at index 0"),
    ),
    (
        lambda data: data["specials"].update({"<|x|>": 3}),
        MORE_IDS("3 for both b'$' and b'<|x|>'"),
    ),
    (lambda data: data["specials"].update({"<|x|>": None}), MORE_IDS("None for b'<|x|>'")),
    (lambda data: data.pop("specials"), SPECIALS_DICT("nothing there")),
    (set_entry("specials", [END]), SPECIALS_DICT(f"['{END}']")),
    (set_entry("merges", {}), MERGES("{}")),
    (set_entry("vocabulary", []), VOCABULARY("[]")),
]
BROKEN_CHARACTERS = [
    *COMMON,
    (set_entry("characters", "aab"), ONCE("'a' again")),
    (set_entry("characters", ""), ANY("none")),
    (set_entry("characters", ["a"]), CHARACTERS("['a']")),
    (set_entry("characters", "a\ud800"), ENCODABLE("the lone surrogate '\\ud800' at index 0")),
    (lambda data: data.pop("specials"), SPECIALS_LIST("nothing there")),
    (set_entry("specials", [END, END]), DIFFERENT(f"'{END}' more than once")),
    (set_entry("specials", [3]), TEXT("int: 3")),
    (set_entry("specials", END), SPECIALS_LIST(f"'{END}'")),
]


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [("bpe", *case) for case in BROKEN_BPE] + [("characters", *case) for case in BROKEN_CHARACTERS],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path, kind, change, message):
    data = make(kind).to_dict()
    change(data)
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(TokenizerError) as caught:
        load_tokenizer(path)
    assert str(caught.value) == f"{path}: {message}"


# --- GPT-2's published form ----------------------------------------------------------------


def published(folder, tokenizer):
    """Write what Hugging Face's tokenizer writes, with the first line of GPT-2's merges.txt."""
    vocab, merges = map(str, tokenizer.model.save(str(folder)))
    return vocab, merges


def test_published_files_give_the_same_ids_in_whatever_order(tmp_path):
    theirs = hugging_face(STORY, 390)
    ours = BPETokenizer.from_gpt2_files(*published(tmp_path, theirs))
    assert ours.special_id(END) == 0  # where that trainer puts it
    assert ours.vocab_size == 390
    for text in (STORY, *SAMPLES):
        assert ours.encode(text, specials=True) == theirs.encode(text).ids
        assert ours.decode(theirs.encode(text).ids) == text
    ours.save(tmp_path / "ours.json")
    assert load_tokenizer(tmp_path / "ours.json").encode(STORY) == ours.encode(STORY)


def test_published_files_in_gpt2s_layout_are_from_merges(tmp_path):
    merges = [(b"#", b"#"), (b" ", b"t"), (b" t", b"\xc3")]
    tokenizer = BPETokenizer.from_merges(merges)
    vocab = {to_printable(token): i for token, i in tokenizer.vocabulary.items()}
    (tmp_path / "encoder.json").write_text(json.dumps({**vocab, END: 259}), encoding="utf-8")
    for head in ("#version: 0.2\n", ""):
        lines = f"{head}# #\nĠ t\nĠt Ã\n"
        (tmp_path / "vocab.bpe").write_text(lines, encoding="utf-8", newline="\r\n")
        read = BPETokenizer.from_gpt2_files(tmp_path / "encoder.json", tmp_path / "vocab.bpe")
        assert read.to_dict() == tokenizer.to_dict()


def test_published_files_that_do_not_fit_are_refused(tmp_path):
    vocab, merges = published(tmp_path, hugging_face(STORY, 390))
    with open(merges, encoding="utf-8") as file:
        lines = file.read().split("\n")
    cases = [
        # A download that was cut short; merges that are not two tokens, or not of the vocabulary.
        (lines[:-20], ALL_OF_IT(r"b'\n\n' with an id but no merge")),
        ([*lines[:30], "Ġ", *lines[30:]], TWO("['Ġ']")),
        ([*lines[:30], "Ġ  t", *lines[30:]], TWO("['Ġ', '', 't']")),
        ([*lines, "q q"], ALL_OF_IT("no id for b'qq'")),
        (
            [lines[0], *reversed(lines[1:])],
            IN_ORDER("merge 0 of b' ' and b'18' before both are there"),
        ),
    ]
    for changed, message in cases:
        with open(merges, "w", encoding="utf-8") as file:
            file.write("\n".join(changed))
        with pytest.raises(TokenizerError) as caught:
            BPETokenizer.from_gpt2_files(vocab, merges)
        assert str(caught.value) == f"{vocab}, {merges}: {message}"


def test_published_special_tokens_must_be_there_and_named(tmp_path):
    vocab, merges = published(tmp_path, hugging_face(STORY, 390))
    cases = [
        (
            (END, "<|pad|>"),
            "each special token in the vocabulary, but got no '<|pad|>'. Try: specials=().",
        ),
        ((), ALL_OF_IT(f"{END.encode()} with an id but no merge")),
        (END, f"specials are a tuple of texts, but got one str. Try: specials=('{END}',)."),
    ]
    for specials, message in cases:
        with pytest.raises(TokenizerError) as caught:
            BPETokenizer.from_gpt2_files(vocab, merges, specials)
        assert str(caught.value) == f"{vocab}, {merges}: {message}"


def test_published_files_must_be_there_and_hold_a_vocabulary(tmp_path):
    vocab, merges = published(tmp_path, hugging_face(STORY, 390))
    with pytest.raises(TokenizerError, match="No such file"):
        BPETokenizer.from_gpt2_files(vocab, tmp_path / "none.txt")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(TokenizerError) as caught:
        BPETokenizer.from_gpt2_files(tmp_path / "list.json", merges)
    assert str(caught.value) == f"{tmp_path / 'list.json'}, {merges}: {VOCABULARY('[]')}"
