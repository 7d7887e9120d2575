"""The functions that C files may use, as texts: a file holds those that it calls."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Each depends on those above it alone.
_OF_NUMBERS = """
static float step(float z)
{
    return z > 0 ? 1.0f : 0.0f;
}

static float sigmoid(float z)
{
    if (z >= 0)
        return 1 / (1 + expf(-z));
    return expf(z) / (1 + expf(z)); /* expf(-z) might overflow */
}

static float relu(float z)
{
    return z < 0 ? 0 : z; /* NaN stays NaN */
}

static float leaky_relu(float z, float alpha)
{
    return z > 0 ? z : alpha * z;
}

static float elu(float z, float alpha)
{
    return z > 0 ? z : alpha * expm1f(z);
}

static float selu(float z)
{
    return 1.05070099f * elu(z, 1.67326324f);
}

static float gelu(float z)
{
    if (z < -10 || z > 10)
        return z > 0 ? z : 0; /* tanh is -1 or 1 there, and the cube might overflow */
    return 0.5f * z * (1 + tanhf(0.797884561f * (z + 0.044715f * z * z * z)));
}

static float gelu_exact(float z)
{
    return 0.5f * z * erfcf(-0.707106781f * z);
}

static float silu(float z)
{
    return z * sigmoid(z);
}

static float softplus(float z)
{
    return (z > 0 ? z : 0) + log1pf(expf(-fabsf(z)));
}

static float mish(float z)
{
    return z * tanhf(softplus(z));
}

static float softsign(float z)
{
    return z / (1 + fabsf(z));
}
"""
_OF_LAYERS = """
/* Turn the numbers of each place into probabilities: positive, with sum 1. */
static void softmax(float *a, int places, int n)
{
    for (int p = 0; p < places; p++, a += n) {
        float largest = a[0], sum = 0;
        for (int j = 1; j < n; j++)
            largest = a[j] > largest ? a[j] : largest;
        for (int j = 0; j < n; j++) {
            a[j] = expf(a[j] - largest); /* at most 1, so nothing overflows */
            sum += a[j];
        }
        for (int j = 0; j < n; j++)
            a[j] /= sum;
    }
}

/* Turn the numbers of each place into the logarithms of their softmax. */
static void log_softmax(float *a, int places, int n)
{
    for (int p = 0; p < places; p++, a += n) {
        float largest = a[0], sum = 0;
        for (int j = 1; j < n; j++)
            largest = a[j] > largest ? a[j] : largest;
        for (int j = 0; j < n; j++)
            sum += expf(a[j] - largest);
        for (int j = 0; j < n; j++)
            a[j] -= largest + logf(sum);
    }
}

/* Multiply each feature by its scale and add its shift. */
static void scale_and_shift(float *a, int places, int n, const float *scale, const float *shift)
{
    for (int p = 0; p < places; p++, a += n)
        for (int j = 0; j < n; j++)
            a[j] = scale[j] * a[j] + shift[j];
}

/* z = x W + b at each place; W is (n_in, n_out). */
static void dense(const float *x, int places, int n_in, const float *W, const float *b, int n_out, float *z)
{
    for (int p = 0; p < places; p++, x += n_in, z += n_out) {
        for (int j = 0; j < n_out; j++)
            z[j] = b[j];
        for (int i = 0; i < n_in; i++)
            for (int j = 0; j < n_out; j++)
                z[j] += x[i] * W[i * n_out + j];
    }
}

/* Slide filters along a sequence x of (steps, channels); around it are zeros. W is
   (kernel, channels / groups, filters), and z is (places, filters). */
static void conv1d(const float *x, int steps, int channels, const float *W, const float *b, int kernel, int filters,
                   int stride, int before, int dilation, int groups, int places, float *z)
{
    int inputs = channels / groups, outputs = filters / groups;
    for (int p = 0; p < places; p++, z += filters) {
        for (int f = 0; f < filters; f++)
            z[f] = b[f];
        for (int k = 0; k < kernel; k++) {
            int t = p * stride + k * dilation - before;
            if (t < 0 || t >= steps)
                continue;
            for (int f = 0; f < filters; f++)
                for (int c = 0; c < inputs; c++)
                    z[f] += x[t * channels + f / outputs * inputs + c] * W[(k * inputs + c) * filters + f];
        }
    }
}

/* The largest number of each channel under a window; places outside of x do not count. */
static void max_pool(const float *x, int steps, int channels, int window, int stride, int before, int places, float *y)
{
    for (int p = 0; p < places; p++)
        for (int c = 0; c < channels; c++) {
            float largest = -INFINITY;
            for (int t = p * stride - before; t < p * stride - before + window; t++)
                if (t >= 0 && t < steps && x[t * channels + c] > largest)
                    largest = x[t * channels + c];
            y[p * channels + c] = largest;
        }
}

/* The mean of each channel under a window; places outside of x do not count. */
static void average_pool(const float *x, int steps, int channels, int window, int stride, int before, int places,
                         float *y)
{
    for (int p = 0; p < places; p++)
        for (int c = 0; c < channels; c++) {
            float sum = 0;
            int count = 0;
            for (int t = p * stride - before; t < p * stride - before + window; t++)
                if (t >= 0 && t < steps) {
                    sum += x[t * channels + c];
                    count++;
                }
            y[p * channels + c] = sum / (float)count;
        }
}
"""


def _by_name(*sources: str) -> dict[str, str]:
    texts = [text.strip() for source in sources for text in re.split(r"\n\n(?=static|/\*)", source)]
    return {re.findall(r"(\w+)\(", text[text.index("static ") :])[0]: text for text in texts}


_FUNCTIONS = _by_name(_OF_NUMBERS, _OF_LAYERS)


def functions_for(names: Iterable[str]) -> list[str]:
    """Return the texts of functions, and of those that they call themselves, each below what it calls."""
    used = set(names)
    for name in reversed(_FUNCTIONS):
        if name in used:
            used |= {other for other in _FUNCTIONS if re.search(rf"\b{other}\(", _FUNCTIONS[name])}
    return [text for name, text in _FUNCTIONS.items() if name in used]
