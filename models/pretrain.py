"""Masked-language pre-training of the encoder, from public Persian customer text to a folder that training starts from.

    python -m models.pretrain --corpora CORPORA --out build/pretrained

Reads from top to bottom: texts are normalised as in serving and cut into pieces once (kept beside the checkpoints), then
the model learns to restore hidden pieces until `--tokens` are seen or `--minutes` have passed. Killed and started again,
it goes on from its last checkpoint. `--device cuda` does on one card in minutes what two cores do in a day.
"""

import argparse
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from transformers import ModernBertConfig, ModernBertForMaskedLM, PreTrainedTokenizerFast

from models.corpora import read_texts
from models.tokenizer import LONGEST_INPUT_TOKENS, load_tokenizer, train_tokenizer
from voc.text.normalise import normaliser

LAYERS: Final = 10  # of this width: under 40 MB in half precision, and over 15 times faster than a BERT-base (make bench)
HIDDEN: Final = 320
CHUNK_TOKENS: Final = 126  # 97 % of customer texts are shorter; longer ones are cut, none is dropped
ROW_TOKENS: Final = CHUNK_TOKENS + 2
STEP_TOKENS: Final = 8_192
MASKED: Final = ROW_TOKENS // 4  # of each row: small encoders learn more from each pass when more than the usual 15 % is hidden
LEARNING_RATE: Final = 1.5e-3
WARMUP_SHARE: Final = 0.02
DECAY_SHARE: Final = 0.25
CHECKPOINT_S: Final = 300.0

Pieces = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Rows:
    """B rows of `ROW_TOKENS` pieces T, whole texts one after the other, some of their pieces hidden.

    `ids` [B, T] with pieces hidden; `texts` [B, T] numbers the text that a piece is of, because no piece sees another text;
    `places` [B, MASKED] are the hidden ones, `pieces` [B, MASKED] what stood there.
    """

    ids: Tensor
    texts: Tensor
    places: Tensor
    pieces: Tensor


def main() -> None:
    """Parse the command line and pre-train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, required=True, help="folder of *.jsonl.gz files with a text a line")
    parser.add_argument("--out", type=Path, default=Path("build/pretrained"))
    parser.add_argument("--tokens", type=float, default=60e6, help="word pieces to learn from, repeats counted")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop by then, learning rate run down in time")
    parser.add_argument("--formal", action="store_true", help="learn from the formal collections as well")
    parser.add_argument("--layers", type=int, default=LAYERS)
    parser.add_argument("--hidden", type=int, default=HIDDEN, help="width: a multiple of 64")
    parser.add_argument("--step-tokens", type=int, default=STEP_TOKENS, help="word pieces a step; a card is busy from 65536 on")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda where torch has one")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    tokenizer, pieces, starts = prepare(read_texts(given.corpora, formal=given.formal), given.out)
    model = ModernBertForMaskedLM(encoder_config(tokenizer, layers=given.layers, hidden=given.hidden))
    pretrain(
        model.to(given.device),
        tokenizer,
        pieces,
        starts,
        given.out,
        tokens=given.tokens,
        minutes=given.minutes,
        step_tokens=given.step_tokens,
    )


def prepare(raw: Iterable[str], out: Path) -> tuple[PreTrainedTokenizerFast, Pieces, NDArray[np.int64]]:
    """The tokenizer, all pieces of the texts in one row, and where each chunk starts in it (with the end as the last).

    Texts are read where `out` does not hold their pieces yet, and a tokenizer learnt from them where it holds none.
    """
    if not (out / "pieces.npy").exists():
        normalise = normaliser().normalise
        texts = [normalise(text) for text in raw]
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
    pieces: Pieces = np.load(out / "pieces.npy")
    return load_tokenizer(out), pieces, np.load(out / "starts.npy")


def pretrain(
    model: ModernBertForMaskedLM,
    tokenizer: PreTrainedTokenizerFast,
    pieces: Pieces,
    starts: NDArray[np.int64],
    out: Path,
    *,
    tokens: float,
    minutes: float = float("inf"),
    step_tokens: int = STEP_TOKENS,
    rate: float = LEARNING_RATE,
) -> None:
    """Train until `tokens` pieces or `minutes`, whichever comes first, and save the encoder in `out`."""
    optimizers = build_optimizers(model)
    seen, elapsed_s, epoch = _restore(out / "checkpoint.pt", model, optimizers)
    began = time.monotonic() - elapsed_s
    saved_at, step, mean_loss, done = time.monotonic(), 0, torch.zeros((), device=model.device), False
    compile_layers(model)
    model.train()
    while not done:
        epoch += 1
        torch.manual_seed(epoch)
        for rows in passed(pieces, starts, tokenizer, step_tokens // ROW_TOKENS, model.device):
            elapsed_s = time.monotonic() - began
            progress = max(seen / tokens, elapsed_s / 60 / minutes)
            if done := progress >= 1:
                break
            for optimizer in optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = rate * schedule(progress)
            with torch.autocast(model.device.type, torch.bfloat16):
                loss = restoring_loss(model, rows)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad()
            seen += rows.ids.numel()
            step += 1
            mean_loss.lerp_(loss.detach(), 1.0 if step == 1 else 0.02)
            if step % 50 == 0:
                line = {"pieces": seen, "loss": round(mean_loss.item(), 4), "minutes": round(elapsed_s / 60, 2)}
                print(json.dumps(line), flush=True)
            if time.monotonic() - saved_at > CHECKPOINT_S:
                state = {"model": model.state_dict(), "optimizers": [optimizer.state_dict() for optimizer in optimizers]}
                write_checkpoint(out / "checkpoint.pt", state | {"seen": seen, "elapsed_s": elapsed_s, "epoch": epoch})
                saved_at = time.monotonic()
    model.model.save_pretrained(out)
    progress_line = json.dumps({"pieces": seen, "loss": round(mean_loss.item(), 4), "minutes": round(elapsed_s / 60, 1)})
    (out / "progress.json").write_text(progress_line, encoding="utf-8")
    print(progress_line, flush=True)


def compile_layers(model: ModernBertForMaskedLM) -> None:
    """On a card, have each kind of layer compiled once: what stands between the products of matrices costs most there."""
    if model.device.type == "cuda":
        for layer in model.model.layers:
            layer.compile()


def restoring_loss(model: ModernBertForMaskedLM, rows: Rows) -> Tensor:
    """How surprising the hidden pieces are, on average."""
    sees = rows.texts[:, None, :, None] == rows.texts[:, None, None, :]
    masks = {"full_attention": sees, "sliding_attention": sees}
    known = model.model(input_ids=rows.ids, attention_mask=masks).last_hidden_state
    at_places = known.gather(1, rows.places[:, :, None].expand(-1, -1, known.shape[-1]))
    return functional.cross_entropy(model.decoder(model.head(at_places)).flatten(0, 1), rows.pieces.flatten())


def passed(
    pieces: Pieces, starts: NDArray[np.int64], tokenizer: PreTrainedTokenizerFast, batch: int, device: torch.device
) -> Iterator[Rows]:
    """One pass over all chunks in random order, `batch` rows a step; what does not fill a last one is left out this time."""
    ids, texts = packed(torch.from_numpy(pieces.astype(np.int32)).to(device), torch.from_numpy(starts).to(device), tokenizer)
    first_piece = max(tokenizer.all_special_ids) + 1
    for at in range(0, len(ids) - batch + 1, batch) if len(ids) >= batch else (0,):
        yield with_hidden(ids[at : at + batch], texts[at : at + batch], first_piece, len(tokenizer), tokenizer.mask_token_id)


def packed(pieces: Tensor, starts: Tensor, tokenizer: PreTrainedTokenizerFast) -> tuple[Tensor, Tensor]:
    """All chunks in random order with the marks around them, cut into rows: pieces and numbers of their chunks [N, T]."""
    order = torch.randperm(len(starts) - 1, device=pieces.device)
    begin, lengths = starts[order], starts.diff()[order] + 2
    chunk = torch.repeat_interleave(lengths)
    place = torch.arange(len(chunk), device=pieces.device) - (lengths.cumsum(0) - lengths)[chunk]
    ids = pieces[(begin[chunk] + place - 1).clamp(0, len(pieces) - 1)].long()
    ids[place == 0] = tokenizer.cls_token_id
    ids[place == lengths[chunk] - 1] = tokenizer.sep_token_id
    whole = len(ids) // ROW_TOKENS * ROW_TOKENS
    return ids[:whole].view(-1, ROW_TOKENS), chunk[:whole].view(-1, ROW_TOKENS)


def with_hidden(ids: Tensor, texts: Tensor, first_piece: int, vocabulary: int, mask: int) -> Rows:
    """The rows with `MASKED` pieces of each hidden: most behind the mask, a tenth behind another piece, a tenth not at all."""
    chances = torch.rand(ids.shape, device=ids.device).masked_fill(ids < first_piece, -1.0)
    places = chances.topk(MASKED, dim=1).indices
    pieces, fate = ids.gather(1, places), torch.rand(places.shape, device=ids.device)
    shown = torch.where(fate < 0.8, mask, pieces)
    shown = torch.where(fate >= 0.9, torch.randint_like(pieces, first_piece, vocabulary), shown)
    return Rows(ids.scatter(1, places, shown), texts, places, pieces)


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


def encoder_config(tokenizer: PreTrainedTokenizerFast, *, layers: int = LAYERS, hidden: int = HIDDEN) -> ModernBertConfig:
    """The shape of the encoder."""
    return ModernBertConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=hidden // 64,
        intermediate_size=hidden * 5 // 2,
        max_position_embeddings=LONGEST_INPUT_TOKENS,
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


def schedule(progress: float) -> float:
    """Warm up, hold, then run down in a straight line: a run can be prolonged from any checkpoint before the end."""
    return min(1.0, progress / WARMUP_SHARE + 0.01, (1 - progress) / DECAY_SHARE)


if __name__ == "__main__":
    main()
