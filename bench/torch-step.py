"""The decoder of bench/decoder.ts in PyTorch on two threads. For each line read (`eager`, `compiled`, with or without
`+optimizer`, or `matmul`) it runs once and prints the milliseconds; `bench/tensor.ts` interleaves these runs with its own."""

import json
import sys
import time

import torch
import torch.nn.functional as F

SHAPE = json.loads(sys.argv[1])
LAYERS, WIDTH, HEADS, HIDDEN = SHAPE["layers"], SHAPE["width"], SHAPE["heads"], SHAPE["hidden"]
VOCABULARY, CONTEXT, BATCH = SHAPE["vocabularySize"], SHAPE["context"], SHAPE["rows"]
HEAD_WIDTH = WIDTH // HEADS

torch.set_num_threads(int(sys.argv[2]))
torch.manual_seed(0)

half = HEAD_WIDTH // 2
frequencies = 10000.0 ** (-torch.arange(half) / half)
angles = torch.cat([torch.arange(CONTEXT)[:, None] * frequencies] * 2, -1)
COSINE, SINE = angles.cos(), angles.sin()


def rotate(x):  # [B, H, T, D]
    left, right = x.chunk(2, -1)
    return x * COSINE + torch.cat([-right, left], -1) * SINE


def linear(inputs, outputs):
    return torch.nn.Linear(inputs, outputs, bias=False)


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.attention_norm = torch.nn.Parameter(torch.ones(WIDTH))
        self.query, self.key, self.value, self.output = (linear(WIDTH, WIDTH) for _ in range(4))
        self.feed_forward_norm = torch.nn.Parameter(torch.ones(WIDTH))
        self.gate, self.up, self.down = linear(WIDTH, HIDDEN), linear(WIDTH, HIDDEN), linear(HIDDEN, WIDTH)

    def forward(self, x):
        normal = F.rms_norm(x, (WIDTH,), self.attention_norm, 1e-5)
        split = lambda y: y.view(BATCH, CONTEXT, HEADS, HEAD_WIDTH).transpose(1, 2)
        queries, keys = rotate(split(self.query(normal))), rotate(split(self.key(normal)))
        attended = F.scaled_dot_product_attention(queries, keys, split(self.value(normal)), is_causal=True)
        x = x + self.output(attended.transpose(1, 2).reshape(BATCH, CONTEXT, WIDTH))
        normal = F.rms_norm(x, (WIDTH,), self.feed_forward_norm, 1e-5)
        return x + self.down(F.silu(self.gate(normal)) * self.up(normal))


class Decoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(VOCABULARY, WIDTH)
        torch.nn.init.normal_(self.embedding.weight, std=0.02)
        self.layers = torch.nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = torch.nn.Parameter(torch.ones(WIDTH))

    def forward(self, ids, targets):
        x = self.embedding(ids)
        for layer in self.layers:
            x = layer(x)
        logits = F.linear(F.rms_norm(x, (WIDTH,), self.norm, 1e-5), self.embedding.weight)
        return F.cross_entropy(logits.view(-1, VOCABULARY), targets.view(-1))


ids, targets = (torch.randint(0, VOCABULARY, (BATCH, CONTEXT)) for _ in range(2))
model = Decoder()
modules = {"eager": model, "compiled": torch.compile(model)}
optimizer = torch.optim.AdamW(model.parameters(), 1e-4, fused=True)
square = torch.randn(1024, 1024)


def run(what):
    if what == "matmul":
        return square @ square
    name, _, with_optimizer = what.partition("+")
    model.zero_grad(set_to_none=True)
    modules[name](ids, targets).backward()
    if with_optimizer:
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()


print(json.dumps({"version": torch.__version__, "parameters": sum(p.numel() for p in model.parameters())}), flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    run(line.strip())
    print(json.dumps((time.perf_counter() - start) * 1e3), flush=True)
