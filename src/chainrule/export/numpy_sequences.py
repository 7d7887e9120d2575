"""The functions of a NumPy script for sequences, as a learner would write them."""

SEQUENCES = '''
def embed(indices, W):
    """Return the row of W for each whole number."""
    wrong = (indices < 0) | (indices >= len(W)) | (indices != np.floor(indices))
    if np.any(wrong):
        raise ValueError(f"expected whole numbers from 0 to {len(W) - 1}")
    return W[indices.astype(int)]


def group_norm_of_steps(X, gamma, beta, groups, M, epsilon):
    """Normalize as group_norm does, by the steps of sequences where M is True."""
    G = X.reshape(*X.shape[:2], groups, -1)
    steps = M[..., None]  # (n, time, 1, 1)
    count = np.maximum(steps.sum(axis=1, keepdims=True, dtype=X.dtype), 1) * G.shape[-1]
    G = G - G.sum(axis=(1, 3), keepdims=True, where=steps) / count
    variance = (G * G).sum(axis=(1, 3), keepdims=True, where=steps) / count
    return gamma * (G / np.sqrt(variance + epsilon)).reshape(X.shape) + beta


def mean_of_steps(X, M):
    """Return the mean of sequences X over the steps where M, (n, time, 1), is True."""
    return X.sum(axis=1, where=M) / np.maximum(M.sum(axis=1, dtype=X.dtype), 1)


def rnn(X, Wx, Wh, b, g, M=None):
    """Return the state h of every step of sequences X, (n, time, features).

    Steps where M, (n, time, 1), is False carry the state over.
    """
    M = np.ones((*X.shape[:2], 1), bool) if M is None else M
    h = np.zeros((len(X), len(Wh)), X.dtype)
    H = []
    for t in range(X.shape[1]):
        h = np.where(M[:, t], g(X[:, t] @ Wx + h @ Wh + b), h)
        H.append(h)
    return np.stack(H, axis=1)


def lstm(X, Wx, Wh, b, M=None):
    """Return the state h of every step of sequences X, (n, time, features).

    Steps where M, (n, time, 1), is False carry the states over.
    """
    M = np.ones((*X.shape[:2], 1), bool) if M is None else M
    h = c = np.zeros((len(X), len(Wh)), X.dtype)
    H = []
    for t in range(X.shape[1]):
        Z = X[:, t] @ Wx + h @ Wh + b
        i, f, g, o = np.split(Z, 4, axis=1)  # input, forget, candidate, output
        keeps, adds = sigmoid(f) * c, sigmoid(i) * np.tanh(g)
        c = np.where(M[:, t], keeps + adds, c)  # the memory
        h = np.where(M[:, t], sigmoid(o) * np.tanh(c), h)  # what is shown of it
        H.append(h)
    return np.stack(H, axis=1)


def gru(X, Wx, Wh, bx, bh, M=None):
    """Return the state h of every step of sequences X, (n, time, features).

    Steps where M, (n, time, 1), is False carry the state over.
    """
    M = np.ones((*X.shape[:2], 1), bool) if M is None else M
    h = np.zeros((len(X), len(Wh)), X.dtype)
    H = []
    for t in range(X.shape[1]):
        rx, zx, nx = np.split(X[:, t] @ Wx + bx, 3, axis=1)  # reset, update, new
        rh, zh, nh = np.split(h @ Wh + bh, 3, axis=1)
        r, z = sigmoid(rx + rh), sigmoid(zx + zh)
        h = np.where(M[:, t], (1 - z) * np.tanh(nx + r * nh) + z * h, h)
        H.append(h)
    return np.stack(H, axis=1)
'''
