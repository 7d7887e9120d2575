# ruff: noqa
# mypy: ignore-errors
"""A variational autoencoder as a data class whose fields are its parameters."""

from dataclasses import dataclass, fields

import numpy as np


def glorot(rng, n_in, n_out):
    return rng.normal(0, np.sqrt(2 / (n_in + n_out)), (n_in, n_out))


@dataclass
class Parameters:
    enc: np.ndarray
    enc_bias: np.ndarray
    mu: np.ndarray
    log_var: np.ndarray
    dec: np.ndarray
    dec_bias: np.ndarray

    @classmethod
    def random(cls, rng, pixels, hidden, latent):
        return cls(
            glorot(rng, pixels, hidden),
            np.zeros(hidden),
            glorot(rng, hidden, latent),
            glorot(rng, hidden, latent),
            glorot(rng, latent, pixels),
            np.zeros(pixels),
        )


@dataclass
class Trace:
    x: np.ndarray
    noise: np.ndarray
    h: np.ndarray
    mu: np.ndarray
    log_var: np.ndarray
    z: np.ndarray
    out: np.ndarray


def encode_decode(p: Parameters, x, noise) -> Trace:
    h = np.tanh(x @ p.enc + p.enc_bias)
    mu, log_var = h @ p.mu, h @ p.log_var
    z = mu + np.exp(0.5 * log_var) * noise
    out = 1 / (1 + np.exp(-(z @ p.dec + p.dec_bias)))
    return Trace(x, noise, h, mu, log_var, z, out)


def elbo_loss(t: Trace):
    """The cross-entropy of the pixels plus the divergence from a standard normal, per example."""
    likelihood = np.sum(t.x * np.log(t.out) + (1 - t.x) * np.log(1 - t.out))
    divergence = -0.5 * np.sum(1 + t.log_var - t.mu**2 - np.exp(t.log_var))
    return (divergence - likelihood) / len(t.x)


def elbo_gradients(p: Parameters, t: Trace) -> Parameters:
    n = len(t.x)
    dlogits = (t.out - t.x) / n
    dz = dlogits @ p.dec.T
    dmu = dz + t.mu / n
    dlog_var = dz * t.noise * 0.5 * np.exp(0.5 * t.log_var) + 0.5 * (np.exp(t.log_var) - 1) / n
    dh = (dmu @ p.mu.T + dlog_var @ p.log_var.T) * (1 - t.h**2)
    return Parameters(
        enc=t.x.T @ dh,
        enc_bias=dh.sum(axis=0),
        mu=t.h.T @ dmu,
        log_var=t.h.T @ dlog_var,
        dec=t.z.T @ dlogits,
        dec_bias=dlogits.sum(axis=0),
    )


def descend(p: Parameters, grads: Parameters, rate):
    for field in fields(p):
        setattr(p, field.name, getattr(p, field.name) - rate * getattr(grads, field.name))


def main():
    rng = np.random.default_rng(2)
    patterns = rng.random((3, 10)) > 0.5
    x = np.where(rng.random((30, 10)) < 0.05, ~patterns[np.arange(30) % 3], patterns[np.arange(30) % 3]).astype(float)
    p = Parameters.random(rng, 10, 7, 2)
    for epoch in range(80):
        trace = encode_decode(p, x, rng.normal(size=(30, 2)))
        loss = elbo_loss(trace)
        descend(p, elbo_gradients(p, trace), 0.1)
        if epoch % 20 == 0:
            print(epoch, loss)


if __name__ == "__main__":
    main()
