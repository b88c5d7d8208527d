"""The detectors as straightforward vectorised PyTorch, after their definitions in OpenOOD: peers of ours.

Where OpenOOD loops over images (GradNorm, OpenMax) or classes (KLM), this does not; where it decomposes a symmetric
matrix as a general one (VIM), this does not either. Every detector is (fit, score): fit(data, params) returns a state,
score(data, part, state) the confidences of the features and logits in `part`.
"""
import math
import os

import numpy as np
import torch
from torch.nn import functional as F


class Part:
    """Features [n, d], logits [n, K] and labels [n] of one split."""

    def __init__(self, folder, name, dim, classes, first=None):
        def read(kind, dtype, columns):
            values = np.fromfile(os.path.join(folder, f"{name}.{kind}"), dtype)
            return torch.from_numpy(values.reshape(-1, columns) if columns else values)[:first]

        self.features = read("features", np.float32, dim)
        self.logits = read("logits", np.float32, classes)
        self.labels = read("labels", np.int32, 0).long()


class Data:
    def __init__(self, work):
        folder, dim, classes = work["folder"], work["dim"], work["classes"]
        self.train = Part(folder, "train", dim, classes)
        self.val = Part(folder, "val", dim, classes)
        self.test = Part(folder, "test", dim, classes, work["count"])
        self.weight = torch.from_numpy(np.fromfile(os.path.join(folder, "weight"), np.float32).reshape(classes, dim))
        self.bias = torch.from_numpy(np.fromfile(os.path.join(folder, "bias"), np.float32))
        self.classes = classes


def nothing(data, params):
    return None


def score_msp(data, part, state):
    return part.logits.softmax(1).max(1).values


def fit_tempscale(data, params):
    temperature = torch.full((1,), 1.5, requires_grad=True)
    optimizer = torch.optim.LBFGS([temperature], lr=0.01, max_iter=50)

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(data.val.logits / temperature, data.val.labels)
        loss.backward()
        return loss

    optimizer.step(closure)
    return temperature.detach()


def score_tempscale(data, part, temperature):
    return (part.logits / temperature).softmax(1).max(1).values


def score_ebo(data, part, state):
    return part.logits.logsumexp(1)


def score_mls(data, part, state):
    return part.logits.max(1).values


def score_gradnorm(data, part, state):
    probabilities = part.logits.softmax(1)
    return (data.classes * probabilities - 1).abs().sum(1) * part.features.abs().sum(1)


def fit_react(data, params):
    return float(np.percentile(data.val.features.numpy().ravel(), params["percentile"]))


def score_react(data, part, threshold):
    return F.linear(part.features.clamp(max=threshold), data.weight, data.bias).logsumexp(1)


def fit_klm(data, params):
    probabilities = data.val.logits.softmax(1)
    predicted = probabilities.argmax(1)
    templates = torch.stack([probabilities[predicted == k].mean(0) for k in range(data.classes)])
    return templates.log()


def score_klm(data, part, log_templates):
    p = part.logits.softmax(1)
    divergence = torch.xlogy(p, p).sum(1, keepdim=True) - p @ log_templates.T
    return -divergence.min(1).values


def weibull(tail):
    """Maximum likelihood of a two-parameter Weibull, by Newton's method on the shape."""
    x = tail / tail.max()
    log_x = np.log(x)
    shape = 1.2 / max(log_x.std(), 1e-12)
    for _ in range(100):
        powers = x ** shape
        first, second = (powers * log_x).sum() / powers.sum(), (powers * log_x ** 2).sum() / powers.sum()
        step = (first - 1 / shape - log_x.mean()) / (second - first ** 2 + 1 / shape ** 2)
        shape = max(shape - step, shape / 10)
        if abs(step) < 1e-6:
            break
    return shape, tail.max() * np.mean(x ** shape) ** (1 / shape)


def fit_openmax(data, params):
    logits, labels = data.train.logits, data.train.labels
    right = logits.argmax(1) == labels
    means, fits = [], []
    for k in range(data.classes):
        own = logits[right & (labels == k)]
        mean = own.mean(0)
        distances = torch.linalg.vector_norm(own - mean, dim=1)
        tail = distances.topk(params["tail"]).values.double().numpy()
        fits.append((*weibull(tail + 1 - tail.min()), tail.min()))
        means.append(mean)
    shape, scale, small = (torch.tensor(column) for column in zip(*fits))
    return torch.stack(means), shape, scale, small, params["alpha"], params["confidence"]


def score_openmax(data, part, state):
    means, shape, scale, small, alpha, confidence = state
    logits = part.logits
    shifted = (torch.linalg.vector_norm(logits[:, None] - means[None], dim=2) + 1 - small).clamp(min=0)
    strange = 1 - torch.exp(-((shifted / scale) ** shape))
    ranks = logits.argsort(1, descending=True).argsort(1)
    revised = logits * (1 - strange * ((alpha - ranks).clamp(min=0) / alpha))
    unknown = (logits - revised).sum(1, keepdim=True)
    probabilities = torch.cat([revised, unknown], 1).softmax(1)
    return probabilities.max(1).values if confidence == "max" else -probabilities[:, -1]


def fit_vim(data, params):
    features, logits = data.train.features, data.train.logits
    origin = -torch.linalg.pinv(data.weight) @ data.bias
    centred = features - origin
    _, vectors = torch.linalg.eigh(centred.T @ centred / len(centred))
    residual_space = vectors[:, :vectors.shape[1] - params["D"]].contiguous()
    residuals = torch.linalg.vector_norm(centred @ residual_space, dim=1)
    return origin, residual_space, logits.max(1).values.mean() / residuals.mean()


def score_vim(data, part, state):
    origin, residual_space, alpha = state
    residuals = torch.linalg.vector_norm((part.features - origin) @ residual_space, dim=1)
    return part.logits.logsumexp(1) - alpha * residuals


def fit_knn(data, params):
    return F.normalize(data.train.features), params["K"]


def score_knn(data, part, state):
    """In slices that fit into memory; the K-th largest cosine is the K-th smallest distance."""
    bank, k = state
    queries = F.normalize(part.features).split(1000)
    return torch.cat([2 * (some @ bank.T).topk(k).values[:, -1] - 2 for some in queries])


def fit_dice(data, params):
    contributions = data.train.features.mean(0) * data.weight
    threshold = np.percentile(contributions.numpy(), params["p"])
    return data.weight * (contributions > threshold)


def score_dice(data, part, weight):
    return F.linear(part.features, weight, data.bias).logsumexp(1)


DETECTORS = {
    "openmax": (fit_openmax, score_openmax),
    "msp": (nothing, score_msp),
    "tempscale": (fit_tempscale, score_tempscale),
    "ebo": (nothing, score_ebo),
    "gradnorm": (nothing, score_gradnorm),
    "react": (fit_react, score_react),
    "mls": (nothing, score_mls),
    "klm": (fit_klm, score_klm),
    "vim": (fit_vim, score_vim),
    "knn": (fit_knn, score_knn),
    "dice": (fit_dice, score_dice),
}


def open_score(work, device):
    """Fit and score in one step; the facts are the confidences of a few images, to compare with ours."""
    data = Data(work)
    fit, score = DETECTORS[work["detector"]]

    def step(_):
        with torch.set_grad_enabled(work["detector"] == "tempscale"):
            state = fit(data, work["params"])
        with torch.no_grad():
            return score(data, data.test, state)

    # The work itself on the first images, before anything is timed.
    whole, data.test = data.test, Part(work["folder"], "test", work["dim"], work["classes"], 100)
    sample = [float(value) for value in step(0)]
    data.test = whole
    if not all(math.isfinite(value) for value in sample):
        raise ArithmeticError(f"{work['detector']} scored an image as not finite")
    return step, {"sample": sample}
