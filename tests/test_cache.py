import pytest
import torch
from model_helpers import close, every_config, loud_model, name_of, normal, some_tokens, tiny

from minigpt.cache import KVCache, LayerCache
from minigpt.errors import ShapeError

B, N_KV_HEADS, CAPACITY, D_HEAD = 3, 2, 11, 6
CONFIG = tiny(n_kv_heads=N_KV_HEADS)


def fresh(**changes):
    return KVCache(CONFIG, **{"batch_size": B, "capacity": CAPACITY, **changes})


def keys(T, seed=0, B=B):
    return normal(B, N_KV_HEADS, T, D_HEAD, seed=seed).float()


# --- one layer ------------------------------------------------------------------------------


def test_what_is_appended_stays_in_order():
    layer = fresh().layers[0]
    pieces = [(keys(T, seed=T), keys(T, seed=T + 100)) for T in (4, 1, 6)]
    for n, piece in enumerate(pieces, 1):
        k, v = layer.append(*piece)
        for found, which in ((k, 0), (v, 1)):
            assert torch.equal(found, torch.cat([p[which] for p in pieces[:n]], dim=2))
    assert layer.length == CAPACITY


def test_what_comes_back_is_a_view_of_memory_set_aside_once():
    layer = fresh().layers[0]
    before = layer.k.data_ptr(), layer.v.data_ptr()
    k, v = layer.append(keys(4), keys(4))
    assert (k.data_ptr(), v.data_ptr()) == before
    layer.append(keys(3), keys(3))
    assert (layer.k.data_ptr(), layer.v.data_ptr()) == before


@pytest.mark.parametrize(
    "refused",
    [
        keys(8),  # positions 4 to 11 do not fit into 11 after 4
        keys(1, B=2),
        keys(1, B=1),  # one row would be copied into all
        normal(B, 1, 2, D_HEAD),  # so would one head
        normal(B, N_KV_HEADS, 2, 1),  # and one number
    ],
    ids=lambda refused: str(tuple(refused.shape)),
)
def test_what_does_not_fit_is_refused_and_nothing_is_lost(refused):
    layer = fresh().layers[0]
    k, v = (x.clone() for x in layer.append(keys(4), keys(4, seed=1)))
    with pytest.raises(ShapeError) as caught:
        layer.append(refused, refused)
    assert str(caught.value) == (
        f"keys for a cache of shape (3, 2, 11, 6), 4 filled, but got {tuple(refused.shape)}. "
        "Try: a cache of this model and batch, or reset() before a new prompt."
    )
    assert layer.length == 4
    assert torch.equal(layer.k[:, :, :4], k) and torch.equal(layer.v[:, :, :4], v)
    layer.append(keys(7), keys(7))


# --- all layers -----------------------------------------------------------------------------


def test_one_cache_a_layer_of_the_shared_heads_only():
    cache = fresh()
    assert len(cache.layers) == CONFIG.n_layers
    assert all(isinstance(layer, LayerCache) for layer in cache.layers)
    shapes = {tuple(x.shape) for layer in cache.layers for x in (layer.k, layer.v)}
    assert shapes == {(B, N_KV_HEADS, CAPACITY, D_HEAD)}
    assert len({x.data_ptr() for layer in cache.layers for x in (layer.k, layer.v)}) == 4


@pytest.mark.parametrize(
    ("dtype", "width"), [(torch.float32, 4), (torch.float64, 8), (torch.bfloat16, 2)]
)
def test_memory_is_counted_in_bytes(dtype, width):
    n_numbers = 2 * CONFIG.n_layers * B * N_KV_HEADS * CAPACITY * D_HEAD
    assert fresh(dtype=dtype).n_bytes == n_numbers * width


def test_capacity_is_the_context_unless_told():
    assert KVCache(CONFIG).layers[0].k.shape == (1, N_KV_HEADS, CONFIG.context_length, D_HEAD)
    for layer in fresh(device="meta").layers:
        assert layer.k.device.type == layer.v.device.type == "meta"


def test_length_grows_and_reset_empties():
    model, tokens = loud_model(CONFIG), some_tokens(B, 9)
    cache = fresh(dtype=torch.float64)
    lengths = []
    for piece in tokens.split((4, 1, 4), dim=1):
        model(piece, cache=cache)
        lengths.append((cache.length, [layer.length for layer in cache.layers]))
    assert lengths == [(4, [4, 4]), (5, [5, 5]), (9, [9, 9])]
    cache.reset()
    assert cache.length == 0
    other = some_tokens(B, 7, seed=1)
    assert close(model(other, cache=cache), model(other))


def test_reorder_lets_rows_go_on_from_others():
    model, tokens = loud_model(CONFIG), some_tokens(B, 8)
    cache = fresh(dtype=torch.float64)
    model(tokens[:, :5], cache=cache)
    rows = torch.tensor([2, 2, 0, 1])
    cache.reorder(rows)
    after = some_tokens(4, 3, seed=1)
    whole = model(torch.cat((tokens[rows, :5], after), dim=1))
    assert close(model(after, cache=cache), whole[:, 5:])


@pytest.mark.parametrize(
    ("changes", "came"),
    [
        ({"batch_size": 0}, "batch_size=0, capacity=11"),
        ({"capacity": 0}, "batch_size=3, capacity=0"),
        ({"capacity": -3}, "batch_size=3, capacity=-3"),
    ],
)
def test_an_empty_cache_is_refused(changes, came):
    with pytest.raises(ShapeError) as caught:
        fresh(**changes)
    needed = "a positive batch_size and capacity"
    assert str(caught.value) == f"{needed}, but got {came}. Try: at least 1."


def test_one_row_of_one_position_is_a_cache():
    assert fresh(batch_size=1, capacity=1).layers[0].k.shape == (1, N_KV_HEADS, 1, D_HEAD)


# --- with the model -------------------------------------------------------------------------


@pytest.mark.parametrize("config", every_config(), ids=name_of)
def test_logits_are_the_same_in_any_pieces(config):
    model, tokens = loud_model(config), some_tokens(B, CONFIG.context_length)
    whole = model(tokens)
    for sizes in ((1,) * 13, (5, 1, 1, 6), (12, 1), (1, 12), (4, 4, 4, 1), (13,)):
        cache = KVCache(config, B, dtype=torch.float64)
        pieces = [model(piece, cache=cache) for piece in tokens.split(sizes, dim=1)]
        assert close(torch.cat(pieces, dim=1), whole)


@pytest.mark.parametrize("config", [tiny(), tiny(causal=False), tiny(position="alibi")])
def test_a_mask_that_does_not_fit_leaves_the_cache_as_it_was(config):
    model, tokens = loud_model(config), some_tokens(B, 7)
    cache = KVCache(config, B, dtype=torch.float64)
    model(tokens[:, :4], cache=cache)
    for wrong in (torch.ones(B, 1, 1, 3).bool(), torch.ones(B, 1, 1, 7).long()):
        with pytest.raises(ShapeError, match="mask"):
            model(tokens[:, 4:], wrong, cache=cache)
    assert [layer.length for layer in cache.layers] == [4, 4]
    right = model(tokens[:, 4:], torch.ones(B, 1, 1, 7).bool(), cache=cache)
    if config.causal:
        assert close(right, model(tokens)[:, 4:])


def test_too_many_tokens_leave_the_cache_as_it_was():
    model, tokens = loud_model(CONFIG), some_tokens(B, 12)
    cache = fresh(dtype=torch.float64)
    model(tokens[:, :9], cache=cache)
    with pytest.raises(ShapeError, match="11"):
        model(tokens[:, 9:], cache=cache)  # 12 fit the context, but not the cache
    with pytest.raises(ShapeError, match="9 in the cache"):
        model(tokens[:, :5], cache=cache)
    assert [layer.length for layer in cache.layers] == [9, 9]
    assert close(model(tokens[:, 9:11], cache=cache), model(tokens[:, :11])[:, 9:])


def test_a_mask_counts_the_cached_positions_too():
    model, tokens = loud_model(CONFIG), some_tokens(B, 9)
    seen = torch.ones(B, 1, 1, 9).bool()
    seen[:, :, :, 2] = False
    whole = model(tokens, seen)
    cache = fresh(dtype=torch.float64)
    pieces = [model(tokens[:, :5], seen[..., :5], cache=cache)]
    pieces += [model(tokens[:, 5:], seen, cache=cache)]
    assert close(torch.cat(pieces, dim=1), whole)
