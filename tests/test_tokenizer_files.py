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
    for path in (tmp_path / "no" / "t.json", tmp_path / "file" / "t.json"):
        with pytest.raises(TokenizerError, match="folder"):
            make("characters").save(path)


# --- damaged and foreign files -------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        (b"", "not JSON"),
        (b'{"format": "minigpt tok', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"[]", "minigpt tokenizer"),
        (b'{"a": 1}', "minigpt tokenizer"),
        (b'"text"', "minigpt tokenizer"),
    ],
)
def test_what_is_no_tokenizer_file_is_said(tmp_path, content, message):
    path = tmp_path / "t.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TokenizerError, match=message) as caught:
        load_tokenizer(path)
    assert "t.json" in str(caught.value)


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


COMMON = [
    (set_entry("format", "other"), "minigpt tokenizer"),
    (set_entry("version", 2), "version 1, but got 2"),
    (set_entry("version", None), "version 1"),
    (set_entry("kind", "words"), "'words'"),
    (set_entry("kind", []), "kind is one of"),
    (lambda data: data.pop("specials"), "'specials'.*nothing there"),
]
BROKEN_BPE = [
    *COMMON,
    (set_id("a", 65), "65 for both"),
    (set_id("a", 421), "421 for b'a'"),
    (set_id("a", -1), "-1 for b'a'"),
    (set_id("a", "64"), "'64' for b'a'"),
    (set_id("a", 64.0), "64.0 for b'a'"),
    (set_id("a", True), "True for b'a'"),
    (set_id("a", []), "for b'a'"),
    (set_id("a b", 421), "' ' in 'a b'"),
    (set_id("ĠxyzĠ", 421), "b' xyz ' with an id but no merge"),
    (lambda data: data["vocabulary"].pop("a"), "no id for b'a'"),
    (lambda data: data["merges"].pop(), "with an id but no merge"),
    (lambda data: data["merges"].reverse(), "before both are there"),
    (lambda data: data["merges"].insert(0, ["q", "qq"]), "merge 0 of b'q' and b'qq' before"),
    (lambda data: data["merges"].append(data["merges"][7]), "already"),
    (lambda data: data["merges"].append(["a"]), "two tokens"),
    (lambda data: data["merges"].append(["a", "b", "c"]), "two tokens"),
    (lambda data: data["merges"].append("ab"), "two tokens"),
    (lambda data: data["merges"].append(["a", 1]), "two tokens"),
    (lambda data: data["merges"].append(["a", "中"]), "'中'"),
    (lambda data: data["specials"].update({"": 421}), "empty"),
    (lambda data: data["specials"].update({"\ud800": 421}), "surrogate"),
    (lambda data: data["specials"].update({"<|x|>": 3}), "3 for both b'\\$' and b'<|x|>'"),
    (lambda data: data["specials"].update({"<|x|>": None}), r"None for b'<\|x\|>'"),
    (set_entry("specials", [END]), "a dict under 'specials'"),
    (set_entry("merges", {}), "a list under 'merges'"),
    (set_entry("vocabulary", []), "a dict under 'vocabulary'"),
]
BROKEN_CHARACTERS = [
    *COMMON,
    (set_entry("characters", "aab"), "'a' again"),
    (set_entry("characters", ""), "at least one"),
    (set_entry("characters", ["a"]), "a str under 'characters'"),
    (set_entry("characters", "a\ud800"), "surrogate"),
    (set_entry("specials", [END, END]), "more than once"),
    (set_entry("specials", [3]), "text is a str"),
    (set_entry("specials", END), "a list under 'specials'"),
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
    with pytest.raises(TokenizerError, match=message) as caught:
        load_tokenizer(path)
    assert "broken.json" in str(caught.value)


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
    cases = {
        "b'.*' with an id but no merge": lines[:-20],  # a download that was cut short
        "two tokens": [*lines[:30], "Ġ", *lines[30:]],
        "no id for": [*lines, "q q"],
        "before both are there": [lines[0], *reversed(lines[1:])],
    }
    for message, changed in cases.items():
        with open(merges, "w", encoding="utf-8") as file:
            file.write("\n".join(changed))
        with pytest.raises(TokenizerError, match=message) as caught:
            BPETokenizer.from_gpt2_files(vocab, merges)
        assert "merges.txt" in str(caught.value)


def test_published_special_tokens_must_be_there_and_named(tmp_path):
    vocab, merges = published(tmp_path, hugging_face(STORY, 390))
    with pytest.raises(TokenizerError, match=r"no '<\|pad\|>'"):
        BPETokenizer.from_gpt2_files(vocab, merges, specials=(END, "<|pad|>"))
    with pytest.raises(TokenizerError, match="with an id but no merge"):
        BPETokenizer.from_gpt2_files(vocab, merges, specials=())
    with pytest.raises(TokenizerError, match="one str"):
        BPETokenizer.from_gpt2_files(vocab, merges, specials=END)
    with pytest.raises(TokenizerError, match="No such file"):
        BPETokenizer.from_gpt2_files(vocab, tmp_path / "none.txt")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(TokenizerError, match="dict under 'vocabulary'"):
        BPETokenizer.from_gpt2_files(tmp_path / "list.json", merges)
