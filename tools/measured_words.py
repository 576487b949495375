"""The words of the page "How fast, how safe"; tools.measured puts the numbers in."""

PAGE = """\
# How fast, how safe

The mini-GPT of this book is small, but it is no toy: it should train about as well and as fast as
what you would otherwise install, and an interrupted run should lose nothing. Both can be measured,
so here are the measurements, with the commands that made them. The page is written by those
commands (`make measure`); nobody typed a number. Of {n_targets} bounds set beforehand, {n_held} hold.

Times are CPU time on one thread. Two programs that are compared take turns in one process, and the
ratio is taken within each turn, because clocks on shared machines drift; the last column of a table
of times is half the range of all turns. On your machine the milliseconds will be others, and the
ratios, we think, much the same. This one: {machine}.

## Every bound

{targets}
## How good

`python -m minigpt bench quality --data FILE`, on tiny Shakespeare: its first 90 % to train, 2,000
steps of 12 rows of 64 characters; the loss is that of the whole last 10 %, in nats a character. The
first line is GPT-2's recipe of 2019. Each line adds one piece to those above it, and the last is
what `--preset char` trains. Not every piece helps by itself: projections that begin at zero, and
long steps, cost AdamW a little, and are there for Muon. The last line is about time: three layers of
width 144 learn as well as four of 128, and take less of it. One seed decides little: compare the seeds
of the last recipe before you make much of a hundredth.

{quality}
## How fast

`python -m minigpt bench steps`: whole training steps at those sizes, from drawing the batch to the
changed weights. The rival is the same GPT-2 in Hugging Face's transformers, with PyTorch's own fused
AdamW. In bf16 the linear layers multiply in bfloat16, and so does Muon; attention, which is slow in
it on a CPU, stays in float32.

{steps}
`python -m minigpt bench generation`: writing with the KV cache, one text at a time, against Hugging
Face's and against no cache at all; a GPT-2 of 6 layers, 6 heads, width 384, context 1,024. All three
write the same tokens.

{generation}
`python -m minigpt bench cache`: one more token for the same model, with the cache and without,
untrained; work is counted by `minigpt.costs`. Why time gains so much less than work is
[chapter 17](../chapters/17_kv_cache.ipynb).

{cache}
`python -m minigpt bench tokenizer skipgram`: byte-pair encoding against Hugging Face's tokenizers,
which is written in Rust, and skip-gram against gensim, which is written in C. Ours are Python. They
keep up because the pieces of a text come again and again, and each is worked out once; a cold
tokenizer has met none yet, a warm one has seen the same documents before.

{words}
## How it grows

`python -m minigpt bench growth`: forward and backward, fp32, from a base of 2 layers, width 128, 4 rows
of 128 tokens and 512 tokens in the vocabulary, one size growing at a time. FLOPs are counted by
`minigpt.costs`, and so are the bytes that the way forward keeps for the way back; PyTorch says how
many it really kept.

```{{figure}} measured/growth.svg
:alt: Milliseconds against counted GFLOPs on doubly logarithmic axes, a line for each size that grows. All lines rise together, nearly straight, and flatten at the small end.

Time follows the count, whichever size grows, but for the smallest models, where starting an
operation takes longer than doing it.
```

{growth}
## On a GPU

`python -m minigpt bench gpu`: training steps of `gpt2-124m` in bf16, compiled, against the card's own
rate at one large matrix product and against Hugging Face; and the peak of memory against
`minigpt.costs.peak_bytes`. {gpu}

## Several processes

`python tests/same_losses.py FILE`: the preset `char`, trained by one process, and under `torchrun` by
two that share its batch, on the CPU. Two halves of a batch added up are rounded otherwise than the
whole, and training lets roundings grow; so the rows say how the batch was taken, and for how many
steps.

{processes}
## Nothing lost

`make faults`: attacks on real runs. A run that was killed and resumed must give, to the
bit, the losses and weights of one that never was; a checkpoint that was damaged must be named, or
passed over aloud for the one before it; and whatever goes wrong must end in one clear line, with the
earlier checkpoints as they were.

{faults}
`make mutants`: the library's core, changed in one small place at a time by mutmut; a mutant counts
as killed when a test notices it. Those left are as right as the original, and `tools/survivors.py` says
why, one by one.

{mutants}
`python -m tools.elsewhere`: every notebook of the book run anew with other numbers of threads and on
narrower instructions, by the switches of PyTorch, MKL, oneDNN, NumPy and OpenBLAS; the outputs,
pictures aside, are compared to the letter with the stored ones.

{elsewhere}"""
