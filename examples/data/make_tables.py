"""Make the example tables: passengers of a ship, houses, card payments and the hourly load of a grid.

They are drawn from formulas with a seed, are as untidy as tables from elsewhere, and come in two files each: one to
train on, and one whose answers are to be predicted. Run ``python examples/data/make_tables.py FOLDER``.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

Row = dict[str, Any]

_FIRST = "James John William George Thomas Mary Anna Margaret Elizabeth Ruth Ji-woo Min-jun Seo-yeon Hana".split()
_LAST = "Smith Brown Taylor Wilson Evans Walker Wright Kim Lee Park Nilsson Hansen O'Brien Rossi Weber".split()


def sigmoid(z: float) -> float:
    """Return the probability of a logit."""
    return float(1 / (1 + np.exp(-z)))


def titanic(rng: np.random.Generator, n: int) -> list[Row]:
    """Return passengers: names with commas, missing ages and cabins, fares with a few that are very high."""
    rows = []
    for number in range(1, n + 1):
        pclass = int(rng.choice([1, 2, 3], p=[0.25, 0.2, 0.55]))
        sex = str(rng.choice(["male", "female"], p=[0.64, 0.36]))
        age = float(np.clip(rng.normal(38 - 5 * pclass, 13), 0.4, 80))
        family = int(rng.choice([0, 1, 2, 3, 4, 6], p=[0.6, 0.2, 0.1, 0.05, 0.03, 0.02]))
        fare = float(np.exp(rng.normal(4.6 - 0.75 * pclass, 0.5)) * (1 + 0.4 * family))
        logit = -1.1 + 2.7 * (sex == "female") - 0.9 * (pclass - 2) - 0.025 * (age - 30) + 1.6 * (age < 12)
        logit -= 0.45 * max(family - 2, 0) + 1.2 * (sex == "female" and pclass == 3)
        title = "Mr." if sex == "male" else str(rng.choice(["Mrs.", "Miss."]))
        rows.append(
            {
                "PassengerId": number,
                "Survived": int(rng.random() < sigmoid(logit)),
                "Pclass": pclass,
                "Name": f"{rng.choice(_LAST)}, {title} {rng.choice(_FIRST)} {rng.choice(_FIRST)}",
                "Sex": sex,
                "Age": "" if rng.random() < 0.2 else f"{age:.0f}",
                "Family": family,
                "Fare": f"{fare:.2f}",
                "Cabin": f"{'ABCDEF'[pclass]}{rng.integers(1, 130)}" if rng.random() < 0.6 / pclass**2 else "",
                "Embarked": "" if rng.random() < 0.005 else str(rng.choice(list("SCQ"), p=[0.72, 0.19, 0.09])),
            }
        )
    return rows


def houses(rng: np.random.Generator, n: int) -> list[Row]:
    """Return houses: prices with signs between the thousands, shares in percent, dates with the day first."""
    quarters = {"Old Town": 1.35, "Harbor": 1.2, "Park Side": 1.1, "Station": 0.95, "Hill": 1.0, "Mill Lane": 0.8}
    rows = []
    for _ in range(n):
        quarter = str(rng.choice(list(quarters)))
        area = float(np.exp(rng.normal(4.7, 0.35)))
        built = int(rng.integers(1900, 2024))
        garage, condition = bool(rng.random() < 0.55), str(rng.choice(["poor", "fair", "good", "like new"]))
        lot = area * float(np.exp(rng.normal(1.2, 0.5)))
        sold = datetime(2021, 1, 1) + timedelta(days=int(rng.integers(0, 1200)))
        months = (sold - datetime(2021, 1, 1)).days / 30
        price = (
            1900 * area**0.95 * quarters[quarter] * (1 + 0.07 * ["poor", "fair", "good", "like new"].index(condition))
        )
        price *= 1 + 0.004 * months + 0.06 * garage - 0.0016 * abs(built - 1960) * (built < 1990)
        price = (price + 60 * lot) * float(np.exp(rng.normal(0, 0.08)))
        rows.append(
            {
                "sold": sold.strftime("%d/%m/%Y"),
                "quarter": quarter,
                "area": f"{area:.1f}",
                "lot": f"{lot:,.0f}",
                "built": built,
                "condition": condition if rng.random() > 0.05 else "NA",
                "garage": "yes" if garage else "no",
                "occupied": f"{rng.uniform(40, 100):.0f} %",
                "price": f"{price:,.0f}",
            }
        )
    return rows


def fraud(rng: np.random.Generator, n: int) -> list[Row]:
    """Return card payments, of which one in a hundred is fraud."""
    rows = []
    for _ in range(n):
        is_fraud = rng.random() < 0.01
        start = datetime(2025, 3, 1) + timedelta(seconds=int(rng.integers(0, 90 * 86400)))
        hour = int(rng.integers(0, 6)) if is_fraud and rng.random() < 0.6 else start.hour
        amount = float(np.exp(rng.normal(4.6 if is_fraud else 3.4, 1.2 if is_fraud else 0.9)))
        abroad = rng.random() < (0.55 if is_fraud else 0.06)
        rows.append(
            {
                "time": start.replace(hour=hour).strftime("%Y-%m-%d %H:%M:%S"),
                "amount": f"{amount:.2f}",
                "country": str(rng.choice(["VN", "BR", "NG", "US"])) if abroad else "KR",
                "merchant": str(rng.choice(["food", "fuel", "travel", "web", "jewels"], p=_merchants(is_fraud))),
                "minutes_since_last": int(rng.exponential(12 if is_fraud else 400)),
                "card_age_days": int(rng.exponential(200 if is_fraud else 900)),
                "fraud": int(is_fraud),
            }
        )
    return rows


def _merchants(is_fraud: bool) -> list[float]:
    return [0.1, 0.1, 0.2, 0.35, 0.25] if is_fraud else [0.45, 0.2, 0.1, 0.2, 0.05]


def load(rng: np.random.Generator, n: int) -> list[Row]:
    """Return hours of a grid: load follows the hour, the weekday, the season and the temperature."""
    rows, drift = [], 0.0
    for i in range(n):
        hour = datetime(2024, 1, 1) + timedelta(hours=i)
        season = np.cos(2 * np.pi * (hour.timetuple().tm_yday - 20) / 365)
        temperature = 11 - 11 * season + 4 * np.sin(2 * np.pi * (hour.hour - 9) / 24) + rng.normal(0, 1.5)
        drift = 0.97 * drift + rng.normal(0, 4)
        day = np.exp(-(((hour.hour - 10) / 4) ** 2)) + 0.9 * np.exp(-(((hour.hour - 19) / 3) ** 2))
        value = (
            520
            + 170 * day * (0.75 if hour.weekday() >= 5 else 1)
            + 5 * abs(temperature - 17)
            + drift
            + rng.normal(0, 6)
        )
        rows.append(
            {"hour": hour.strftime("%Y-%m-%d %H:%M"), "temperature": f"{temperature:.1f}", "load": f"{value:.0f}"}
        )
    return rows


TABLES: dict[str, tuple[Callable[[np.random.Generator, int], list[Row]], int, int, str]] = {
    "titanic": (titanic, 891, 418, "Survived"),
    "houses": (houses, 1460, 300, "price"),
    "fraud": (fraud, 20000, 5000, "fraud"),
    "load": (load, 8000, 300, ""),
}
"""For each table: who makes it, rows to train on, rows to predict, and the column that these lack."""


def make(folder: Path, seed: int = 0) -> None:
    """Write NAME.csv and NAME_new.csv for each table."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (rows_of, n, new, target) in TABLES.items():
        rows = rows_of(np.random.default_rng(seed), n + new)
        _write(folder / f"{name}.csv", rows[:n])
        _write(folder / f"{name}_new.csv", [{k: v for k, v in row.items() if k != target} for row in rows[n:]])


def _write(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    make(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
