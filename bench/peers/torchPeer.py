"""PyTorch as a peer: opens work on request, does it on command, answers with the seconds it took.

One JSON object a line on stdin, one answer a line on stdout:
  {"op": "hello"}                              -> versions and devices
  {"op": "open", "work": {...}, "threads": T}  -> {"handle": h, "facts": {...}}
  {"op": "turn", "handle": h, "times": n}      -> {"seconds": s}
  {"op": "close", "handle": h}                 -> {}
A failure is answered by {"error": message}.
"""
import json
import re
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

from detectorPeer import open_score


class Block(nn.Module):
    """Two 3x3 convolutions and a shortcut: identity, or 1x1 where the shape changes."""

    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        same = stride == 1 and cin == cout
        self.shortcut = nn.Identity() if same else nn.Sequential(
            nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class ResNet18(nn.Module):
    """ResNet-18 for small images: 3x3 stem, no max-pool, widths w, 2w, 4w, 8w."""

    def __init__(self, width, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        blocks, cin = [], width
        for stage in range(4):
            cout = width * 2 ** stage
            for block in range(2):
                blocks.append(Block(cin, cout, 2 if stage > 0 and block == 0 else 1))
                cin = cout
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(cin, classes)

    def forward(self, x):
        x = self.blocks(F.relu(self.bn1(self.conv1(x))))
        return self.fc(x.mean((2, 3)))


def network(work, device):
    torch.manual_seed(1)
    model = ResNet18(work["width"], work["classes"]).to(device)
    size = work["imageSize"]
    images = torch.randn(4, work["batch"], 3, size, size, device=device)
    labels = torch.randint(work["classes"], (4, work["batch"]), device=device)
    facts = {"parameters": sum(p.numel() for p in model.parameters())}
    return model, images, labels, facts


def open_train(work, device):
    model, images, labels, facts = network(work, device)
    model.train()
    sgd = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4, nesterov=True)

    def step(i):
        sgd.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(images[i % 4]), labels[i % 4])
        loss.backward()
        sgd.step()
        return loss

    return step, facts


def open_infer(work, device):
    model, images, _, facts = network(work, device)
    model.eval()

    def step(i):
        with torch.no_grad():
            return model(images[i % 4])

    return step, facts


def open_conv(work, device):
    n, cin, cout, size = work["batch"], work["cin"], work["cout"], work["size"]
    kernel, stride, pad = work["kernel"], work["stride"], work["padding"]
    x = torch.randn(n, cin, size, size, device=device)
    w = torch.randn(cout, cin, kernel, kernel, device=device)
    with torch.no_grad():
        dy = torch.randn_like(F.conv2d(x, w, None, stride, pad))
    steps = {
        "forward": lambda: F.conv2d(x, w, None, stride, pad),
        "dX": lambda: nn.grad.conv2d_input(x.shape, w, dy, stride, pad),
        "dW": lambda: nn.grad.conv2d_weight(x, w.shape, dy, stride, pad),
    }
    run = steps[work["pass"]]

    def step(_):
        with torch.no_grad():
            return run()

    return step, {}


def open_gemm(work, device):
    a = torch.randn(work["m"], work["k"], device=device)
    b = torch.randn(work["k"], work["n"], device=device)
    return lambda _: a @ b, {}


OPEN = {"train": open_train, "infer": open_infer, "conv": open_conv, "gemm": open_gemm, "score": open_score}


class Contestant:
    def __init__(self, work, threads):
        self.cuda = work["device"] == "cuda"
        torch.set_num_threads(threads)
        self.step, self.facts = OPEN[work["kind"]](work, work["device"])
        self.done = 0

    def turn(self, times):
        self.synchronise()
        start = time.perf_counter()
        for i in range(times):
            result = self.step(self.done + i)
        # Reading one number is what ends the work, on a GPU too.
        checked = float(result.detach().flatten()[0])
        self.synchronise()
        seconds = time.perf_counter() - start
        self.done += times
        if checked != checked:
            raise ArithmeticError("PyTorch computed NaN")
        return seconds

    def synchronise(self):
        if self.cuda:
            torch.cuda.synchronize()


def hello():
    cuda = torch.cuda.is_available()
    return {
        "torch": torch.__version__,
        "python": sys.version.split()[0],
        "onednn": torch.backends.mkldnn.is_available(),
        "blas": re.search(r"BLAS_INFO=(\w+)|$", torch.__config__.show()).group(1),
        "cuda": torch.cuda.get_device_name(0) if cuda else None,
    }


def main():
    # Fp32 as ours computes it: no TF32 anywhere.
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    contestants, handles = {}, 0
    for line in sys.stdin:
        order = json.loads(line)
        try:
            if order["op"] == "hello":
                answer = hello()
            elif order["op"] == "open":
                handles += 1
                contestants[handles] = Contestant(order["work"], order["threads"])
                answer = {"handle": handles, "facts": contestants[handles].facts}
            elif order["op"] == "turn":
                answer = {"seconds": contestants[order["handle"]].turn(order["times"])}
            else:
                del contestants[order["handle"]]
                answer = {}
        except Exception as error:  # the bench shows it and ends the case
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
