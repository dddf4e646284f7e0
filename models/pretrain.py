"""Masked-language pre-training of the encoder, from public Persian customer text to a folder that training starts from.

    python -m models.pretrain --corpora CORPORA --out build/pretrained

Reads from top to bottom: texts are normalised as in serving and cut into pieces once (kept beside the checkpoints), then
the model learns to restore hidden pieces until `--tokens` are seen or `--minutes` have passed. Killed and started again,
it goes on from its last checkpoint.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import ModernBertConfig, ModernBertForMaskedLM, PreTrainedTokenizerFast

from models.corpora import read_texts
from models.tokenizer import LONGEST_INPUT_TOKENS, load_tokenizer, train_tokenizer
from voc.text.normalise import normaliser

LAYERS: Final = 6  # the deepest that stays 15 times faster than a BERT-base on two cores (make bench)
HIDDEN: Final = 256
CHUNK_TOKENS: Final = 126  # 97 % of customer texts are shorter; longer ones are cut, none is dropped
STEP_TOKENS: Final = 8_192
MASKED_SHARE: Final = 0.25  # small encoders learn more from each pass when more than the usual 15 % is hidden
LEARNING_RATE: Final = 1.5e-3
WARMUP_SHARE: Final = 0.02
DECAY_SHARE: Final = 0.25
CHECKPOINT_S: Final = 300.0


def main() -> None:
    """Parse the command line and pre-train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, required=True, help="folder of *.jsonl.gz files with a text a line")
    parser.add_argument("--out", type=Path, default=Path("build/pretrained"))
    parser.add_argument("--tokens", type=float, default=60e6, help="word pieces to learn from, repeats counted")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop by then, learning rate run down in time")
    parser.add_argument("--formal", action="store_true", help="learn from the formal collections as well")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    tokenizer, pieces, starts = prepare(given.corpora, given.out, formal=given.formal)
    pretrain(tokenizer, pieces, starts, given.out, tokens=given.tokens, minutes=given.minutes)


def prepare(corpora: Path, out: Path, *, formal: bool) -> tuple[PreTrainedTokenizerFast, NDArray[np.uint16], NDArray[np.int64]]:
    """The tokenizer, all pieces in one row, and where each chunk starts in it (with the end as the last)."""
    if not (out / "pieces.npy").exists():
        normalise = normaliser().normalise
        texts = [normalise(text) for text in read_texts(corpora, formal=formal)]
        tokenizer = load_tokenizer(out) if (out / "tokenizer.json").exists() else train_tokenizer(texts)
        tokenizer.save_pretrained(out)
        chunks = [
            np.array(ids[at : at + CHUNK_TOKENS], dtype=np.uint16)
            for start in range(0, len(texts), 10_000)
            for ids in tokenizer(texts[start : start + 10_000], add_special_tokens=False)["input_ids"]
            for at in range(0, len(ids), CHUNK_TOKENS)
        ]
        np.save(out / "starts.npy", np.cumsum([0, *map(len, chunks)]))
        np.save(out / "pieces.npy", np.concatenate(chunks))
    pieces: NDArray[np.uint16] = np.load(out / "pieces.npy")
    return load_tokenizer(out), pieces, np.load(out / "starts.npy")


def pretrain(
    tokenizer: PreTrainedTokenizerFast,
    pieces: NDArray[np.uint16],
    starts: NDArray[np.int64],
    out: Path,
    *,
    tokens: float,
    minutes: float,
) -> None:
    """Train until `tokens` pieces or `minutes`, whichever comes first, and save the encoder in `out`."""
    model = ModernBertForMaskedLM(encoder_config(tokenizer))
    optimizers = build_optimizers(model)
    seen, elapsed_s, epoch = _restore(out / "checkpoint.pt", model, optimizers)
    began = time.monotonic() - elapsed_s
    saved_at, step, mean_loss, done = time.monotonic(), 0, 0.0, False
    model.train()
    while not done:
        epoch += 1
        for batch in batches(pieces, starts, tokenizer, seed=epoch):
            elapsed_s = time.monotonic() - began
            progress = max(seen / tokens, elapsed_s / 60 / minutes)
            if done := progress >= 1:
                break
            rate = learning_rate(progress)
            for optimizer in optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = rate
            with torch.autocast("cpu", torch.bfloat16):
                loss = model(**batch).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad()
            seen += int(batch["attention_mask"].sum())
            step += 1
            mean_loss = loss.item() if step == 1 else 0.98 * mean_loss + 0.02 * loss.item()
            if step % 50 == 0:
                print(json.dumps({"pieces": seen, "loss": round(mean_loss, 4), "rate": rate}), flush=True)
            if time.monotonic() - saved_at > CHECKPOINT_S:
                state = {"model": model.state_dict(), "optimizers": [optimizer.state_dict() for optimizer in optimizers]}
                write_checkpoint(out / "checkpoint.pt", state | {"seen": seen, "elapsed_s": elapsed_s, "epoch": epoch})
                saved_at = time.monotonic()
    model.model.save_pretrained(out)
    progress_line = json.dumps({"pieces": seen, "loss": round(mean_loss, 4), "minutes": round(elapsed_s / 60, 1)})
    (out / "progress.json").write_text(progress_line, encoding="utf-8")
    print(progress_line, flush=True)


def _restore(path: Path, model: torch.nn.Module, optimizers: Sequence[torch.optim.Optimizer]) -> tuple[int, float, int]:
    """Pieces seen, seconds spent and passes begun at the last checkpoint, whose state is loaded; zeros without one."""
    if not path.exists():
        return 0, 0.0, 0
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    return state["seen"], state["elapsed_s"], state["epoch"]


def write_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write in one step, so that a kill leaves the old checkpoint or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)


def encoder_config(tokenizer: PreTrainedTokenizerFast) -> ModernBertConfig:
    """The shape of the encoder."""
    return ModernBertConfig(
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HIDDEN // 64,
        intermediate_size=HIDDEN * 5 // 2,
        max_position_embeddings=LONGEST_INPUT_TOKENS,
        sparse_prediction=True,
        pad_token_id=tokenizer.pad_token_id,
        cls_token_id=tokenizer.cls_token_id,
        sep_token_id=tokenizer.sep_token_id,
        bos_token_id=tokenizer.cls_token_id,
        eos_token_id=tokenizer.sep_token_id,
    )


def build_optimizers(model: torch.nn.Module) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers, AdamW for embeddings, norms and the output."""
    inside = [p for name, p in model.named_parameters() if ".layers." in name and p.ndim == 2]
    others = [p for name, p in model.named_parameters() if not (".layers." in name and p.ndim == 2)]
    return [
        torch.optim.Muon(inside, lr=LEARNING_RATE, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0.01),
    ]


def learning_rate(progress: float) -> float:
    """Warm up, hold, then run down in a straight line: a run can be prolonged from any checkpoint before the end."""
    return LEARNING_RATE * min(1.0, progress / WARMUP_SHARE + 0.01, (1 - progress) / DECAY_SHARE)


def batches(
    pieces: NDArray[np.uint16], starts: NDArray[np.int64], tokenizer: PreTrainedTokenizerFast, *, seed: int
) -> Iterator[dict[str, Any]]:
    """One pass over the chunks in random order, each batch of like lengths and about `STEP_TOKENS` pieces, some hidden."""
    random = np.random.default_rng(seed)
    lengths = np.diff(starts)
    order = np.argsort(lengths + random.uniform(0, 4, len(lengths)), kind="stable")
    cuts, used = [0], 0
    for position, chunk in enumerate(order):
        used += int(lengths[chunk]) + 2
        if used >= STEP_TOKENS:
            cuts.append(position + 1)
            used = 0
    if used:
        cuts.append(len(order))
    cls, sep, mask, pad = (int(getattr(tokenizer, f"{name}_token_id")) for name in ("cls", "sep", "mask", "pad"))
    first_piece = max(tokenizer.all_special_ids) + 1
    for cut in random.permutation(len(cuts) - 1):
        chosen = order[cuts[cut] : cuts[cut + 1]]
        ids = np.full((len(chosen), int(lengths[chosen].max()) + 2), pad, dtype=np.int64)
        for row, chunk in enumerate(chosen):
            inside = pieces[starts[chunk] : starts[chunk + 1]]
            ids[row, 0], ids[row, 1 : len(inside) + 1], ids[row, len(inside) + 1] = cls, inside, sep
        hidden = (random.random(ids.shape) < MASKED_SHARE) & (ids >= first_piece)
        labels = np.where(hidden, ids, -100)
        fate = random.random(ids.shape)
        masked = np.where(hidden & (fate < 0.8), mask, ids)
        masked = np.where(hidden & (fate >= 0.9), random.integers(first_piece, len(tokenizer), ids.shape), masked)
        yield {
            "input_ids": torch.from_numpy(masked),
            "attention_mask": torch.from_numpy((ids != pad).astype(np.int64)),
            "labels": torch.from_numpy(labels),
        }


if __name__ == "__main__":
    main()
