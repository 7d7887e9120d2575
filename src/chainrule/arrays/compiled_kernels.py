"""Kernels by the names of the equations whose place they take: one pass over memory for what takes NumPy several.

numba compiles them once on a machine and keeps them beside this file, or in its own cache. Each does an equation's
operations in the equation's order, so the bits are those of NumPy; tanh is NumPy's own, which is faster than numba's.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_REPEATED: Any = numba.types.UniTuple  # without types itself
_HALF, _ONE = np.float32(0.5), np.float32(1)
_ROW, _TABLE, _TABLES = numba.float32[::1], numba.float32[:, ::1], numba.float32[:, :, ::1]
_PICTURES, _STEPS = numba.float32[:, :, :, ::1], [numba.int64] * 4
_ALONG = _REPEATED(numba.int64, 3)  # an axis: stride, size and padding before
_SIDE_BY_SIDE = 8  # channels from which comparing all of them at once takes less time than one after another


def _tables(number: int) -> Any:
    return _REPEATED(_TABLE.copy(readonly=True), number)


def _kernel(inputs: list[Any], outputs: list[Any]) -> Callable[[Any], Any]:
    """Return what compiles a function of arrays in order: inputs, which may be read-only or numbers, and outputs."""
    read = [one.copy(readonly=True) if isinstance(one, numba.types.Array) else one for one in inputs]
    compiled = numba.njit(numba.void(*read, *outputs), nogil=True, cache=True, error_model="numpy")
    # Functions may be wrapped by what checks the shapes in their signatures.
    return lambda function: compiled(inspect.unwrap(function))


def _in_order(*arrays: Floats) -> tuple[Floats, ...]:
    return tuple(map(np.ascontiguousarray, arrays))


def where_positive(x: Floats, A: Floats) -> Floats:
    """Return x where A is above 0, and 0 elsewhere."""
    x, A = _in_order(x, A)
    out = np.empty_like(x)
    _where_positive(x.reshape(-1), A.reshape(-1), out.reshape(-1))
    return out


@_kernel([_ROW, _ROW], [_ROW])
def _where_positive(x: Any, A: Any, out: Any) -> None:
    for i in range(len(x)):
        out[i] = x[i] * np.float32(A[i] > 0)


def lstm_step(Z: Floats, C: Floats) -> tuple[Floats, ...]:
    """Return h_t, c_t, the four gates and tanh c_t."""
    Z, C = _in_order(Z, C)
    A, C_new, gates = np.empty_like(Z), np.empty_like(C), np.empty((4, *C.shape), np.float32)
    _half_of_gates(Z, A)
    np.tanh(A, out=A)
    _memory(A, C, C_new, gates)
    T = np.tanh(C_new)
    return (gates[3] * T, C_new, *gates, T)


@_kernel([_TABLE], [_TABLE])
def _half_of_gates(Z: Any, A: Any) -> None:
    n = Z.shape[1] // 4
    for row in range(Z.shape[0]):
        for k in range(2 * n):
            A[row, k] = _HALF * Z[row, k]
        for k in range(2 * n, 3 * n):
            A[row, k] = Z[row, k]
        for k in range(3 * n, 4 * n):
            A[row, k] = _HALF * Z[row, k]


@_kernel([_TABLE, _TABLE], [_TABLE, _TABLES])
def _memory(A: Any, C: Any, C_new: Any, gates: Any) -> None:
    n = C.shape[1]
    for row in range(C.shape[0]):
        for k in range(n):
            i = A[row, k] * _HALF + _HALF
            f = A[row, n + k] * _HALF + _HALF
            g = A[row, 2 * n + k]
            gates[0, row, k], gates[1, row, k], gates[2, row, k] = i, f, g
            gates[3, row, k] = A[row, 3 * n + k] * _HALF + _HALF
            C_new[row, k] = f * C[row, k] + i * g


def lstm_step_backward(
    C: Floats, i: Floats, f: Floats, g: Floats, o: Floats, T: Floats, dH: Floats, dC: Floats
) -> tuple[Floats, Floats]:
    """Return dz_t and dc_{t-1}."""
    dZ, dC_before = np.empty((len(C), 4 * C.shape[1]), np.float32), np.empty(C.shape, np.float32)
    _lstm_step_backward(_in_order(C, i, f, g, o, T), *_in_order(dH, dC), dZ, dC_before)
    return dZ, dC_before


@_kernel([_tables(6), _TABLE, _TABLE], [_TABLE] * 2)
def _lstm_step_backward(kept: Any, dH: Any, dC: Any, dZ: Any, dC_before: Any) -> None:
    C, i_all, f_all, g_all, o_all, T_all = kept
    n = C.shape[1]
    for row in range(C.shape[0]):
        for k in range(n):
            i, f, g, o, T = i_all[row, k], f_all[row, k], g_all[row, k], o_all[row, k], T_all[row, k]
            d = dC[row, k] + dH[row, k] * o * (_ONE - T * T)
            dZ[row, k] = d * g * i * (_ONE - i)
            dZ[row, n + k] = d * C[row, k] * f * (_ONE - f)
            dZ[row, 2 * n + k] = d * i * (_ONE - g * g)
            dZ[row, 3 * n + k] = dH[row, k] * T * o * (_ONE - o)
            dC_before[row, k] = d * f


def gru_step(P: Floats, Q: Floats, H: Floats) -> tuple[Floats, ...]:
    """Return h_t, the gates r and z, the candidate n, and q of the candidate."""
    P, Q, H = _in_order(P, Q, H)
    u = H.shape[1]
    gates, n, out = np.empty((2, *H.shape), np.float32), np.empty_like(H), np.empty_like(H)
    _half_of_two_gates(P, Q, gates)
    np.tanh(gates, out=gates)
    _candidate(P, Q, gates, n)
    np.tanh(n, out=n)
    _state(gates, n, H, out)
    return (out, *gates, n, Q[:, 2 * u :])


@_kernel([_TABLE, _TABLE], [_TABLES])
def _half_of_two_gates(P: Any, Q: Any, gates: Any) -> None:
    u = gates.shape[2]
    for gate in range(2):
        for row in range(gates.shape[1]):
            for k in range(u):
                gates[gate, row, k] = _HALF * (P[row, gate * u + k] + Q[row, gate * u + k])


@_kernel([_TABLE, _TABLE], [_TABLES, _TABLE])
def _candidate(P: Any, Q: Any, gates: Any, n: Any) -> None:
    u = n.shape[1]
    for row in range(n.shape[0]):
        for k in range(u):
            r = gates[0, row, k] * _HALF + _HALF
            gates[0, row, k] = r
            gates[1, row, k] = gates[1, row, k] * _HALF + _HALF
            n[row, k] = P[row, 2 * u + k] + r * Q[row, 2 * u + k]


@_kernel([_TABLES, _TABLE, _TABLE], [_TABLE])
def _state(gates: Any, n: Any, H: Any, out: Any) -> None:
    for row in range(n.shape[0]):
        for k in range(n.shape[1]):
            z = gates[1, row, k]
            out[row, k] = (_ONE - z) * n[row, k] + z * H[row, k]


def gru_step_backward(
    H: Floats, r: Floats, z: Floats, n: Floats, Q: Floats, dH: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return dp_t and dq_t, and the part of dh_{t-1} that does not go through q_t."""
    dP = np.empty((len(H), 3 * H.shape[1]), np.float32)
    dQ, dH_before = np.empty_like(dP), np.empty(H.shape, np.float32)
    _gru_step_backward(_in_order(H, r, z, n, Q), *_in_order(dH), dP, dQ, dH_before)
    return dP, dQ, dH_before


@_kernel([_tables(5), _TABLE], [_TABLE] * 3)
def _gru_step_backward(kept: Any, dH: Any, dP: Any, dQ: Any, dH_before: Any) -> None:
    H, r_all, z_all, n_all, Q = kept
    u = H.shape[1]
    for row in range(H.shape[0]):
        for k in range(u):
            r, z, n, d = r_all[row, k], z_all[row, k], n_all[row, k], dH[row, k]
            dn = d * (_ONE - z) * (_ONE - n * n)
            dz = d * (H[row, k] - n) * z * (_ONE - z)
            dr = dn * Q[row, k] * r * (_ONE - r)
            dP[row, k], dP[row, u + k], dP[row, 2 * u + k] = dr, dz, dn
            dQ[row, k], dQ[row, u + k], dQ[row, 2 * u + k] = dr, dz, dn * r
            dH_before[row, k] = d * z


def rows_added(like: Floats, indices: NDArray[Any], rows: Floats) -> Floats:
    """Return zeros in the shape of `like`, with each row added at its index."""
    total, width = np.zeros(like.shape, np.float32), math.prod(like.shape[1:])
    flat = np.ascontiguousarray(rows).reshape(-1, width)
    _rows_added(np.ascontiguousarray(indices, np.int64), flat, total.reshape(-1, width))
    return total


@_kernel([numba.int64[::1], _TABLE], [_TABLE])
def _rows_added(indices: Any, rows: Any, total: Any) -> None:
    for m in range(len(indices)):
        for k in range(rows.shape[1]):
            total[indices[m], k] += rows[m, k]


def add_shifted(padded: Floats, W: Floats, Y: Floats, window: Any) -> None:
    """Add the sum of shifted pictures, each times its weights, to Y."""
    _add_shifted(*_in_order(padded, W[:, :, 0]), *window.stride, *window.dilation, Y)


@_kernel([_PICTURES, _TABLES, *_STEPS], [_PICTURES])
def _add_shifted(x: Any, W: Any, s_row: int, s_column: int, d_row: int, d_column: int, Y: Any) -> None:
    for n in range(Y.shape[0]):
        for row in range(Y.shape[1]):
            for column in range(Y.shape[2]):
                for i in range(W.shape[0]):
                    for j in range(W.shape[1]):
                        seen, weights = x[n, row * s_row + i * d_row, column * s_column + j * d_column], W[i, j]
                        for c in range(Y.shape[3]):
                            Y[n, row, column, c] += seen[c] * weights[c]


def add_shifted_dW(padded: Floats, dY: Floats, dW: Floats, window: Any) -> None:  # noqa: N802
    """Add the gradient of the weights to dW."""
    _add_shifted_dW(*_in_order(padded, dY), *window.stride, *window.dilation, dW[:, :, 0])


@_kernel([_PICTURES, _PICTURES, *_STEPS], [_TABLES])
def _add_shifted_dW(x: Any, dY: Any, s_row: int, s_column: int, d_row: int, d_column: int, dW: Any) -> None:  # noqa: N802
    for n in range(dY.shape[0]):
        for row in range(dY.shape[1]):
            for column in range(dY.shape[2]):
                for i in range(dW.shape[0]):
                    for j in range(dW.shape[1]):
                        seen = x[n, row * s_row + i * d_row, column * s_column + j * d_column]
                        for c in range(dY.shape[3]):
                            dW[i, j, c] += seen[c] * dY[n, row, column, c]


def add_shifted_dx(dY: Floats, W: Floats, padded: Floats, window: Any) -> None:
    """Add the gradient of the pictures to the places that they were shifted from."""
    _add_shifted_dx(*_in_order(dY, W[:, :, 0]), *window.stride, *window.dilation, padded)


@_kernel([_PICTURES, _TABLES, *_STEPS], [_PICTURES])
def _add_shifted_dx(dY: Any, W: Any, s_row: int, s_column: int, d_row: int, d_column: int, dx: Any) -> None:
    for n in range(dY.shape[0]):
        for i in range(W.shape[0]):
            for j in range(W.shape[1]):
                for row in range(dY.shape[1]):
                    for column in range(dY.shape[2]):
                        to, weights = dx[n, row * s_row + i * d_row, column * s_column + j * d_column], W[i, j]
                        for c in range(dY.shape[3]):
                            to[c] += dY[n, row, column, c] * weights[c]


def add_at_maxima(dy: Floats, x: Floats, dx: Floats, windows: tuple[Any, ...]) -> None:
    """Write dy to dx, which is zero, at the places of the maxima of x; along one axis or two."""
    along = [(w.stride, w.size, w.before) for w in windows]
    if len(windows) == 1:
        along.append((1, 1, 0))
        dy, x, dx = (a[:, :, None] for a in (dy, x, dx))
    rows, columns = along
    side_by_side = x.shape[-1] >= _SIDE_BY_SIDE
    (_add_at_maxima if side_by_side else _add_at_maxima_of_few)(*_in_order(dy, x), rows, columns, dx)


@_kernel([_PICTURES, _PICTURES, _ALONG, _ALONG], [_PICTURES])
def _add_at_maxima(dy: Any, x: Any, rows: Any, columns: Any, dx: Any) -> None:
    (s_row, height, above), (s_column, width, left) = rows, columns
    best, place = np.empty(dy.shape[3], np.float32), np.empty(dy.shape[3], np.int32)
    for n in range(dy.shape[0]):
        for t in range(dy.shape[1]):
            top, bottom = max(t * s_row - above, 0), min(t * s_row - above + height, x.shape[1])
            for u in range(dy.shape[2]):
                start, end = max(u * s_column - left, 0), min(u * s_column - left + width, x.shape[2])
                best[:], place[:] = x[n, top, start], top * width + start
                for i in range(top, bottom):
                    for j in range(start, end):
                        here = np.int32(i * width + j)
                        for c in range(len(best)):  # without branches, so that channels are compared side by side
                            larger = x[n, i, j, c] > best[c]
                            best[c] = x[n, i, j, c] if larger else best[c]
                            place[c] = here if larger else place[c]
                for i in range(top, bottom):
                    for j in range(start, end):
                        here = np.int32(i * width + j)
                        for c in range(len(best)):
                            dx[n, i, j, c] += dy[n, t, u, c] if place[c] == here else np.float32(0)


@_kernel([_PICTURES, _PICTURES, _ALONG, _ALONG], [_PICTURES])
def _add_at_maxima_of_few(dy: Any, x: Any, rows: Any, columns: Any, dx: Any) -> None:
    (s_row, height, above), (s_column, width, left) = rows, columns
    for n, t, u, c in np.ndindex(dy.shape):
        top, start = max(t * s_row - above, 0), max(u * s_column - left, 0)
        best, row, column = x[n, top, start, c], top, start
        for i in range(top, min(t * s_row - above + height, x.shape[1])):
            for j in range(start, min(u * s_column - left + width, x.shape[2])):
                if x[n, i, j, c] > best:
                    best, row, column = x[n, i, j, c], i, j
        dx[n, row, column, c] += dy[n, t, u, c]
