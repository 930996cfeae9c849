"""Rows of measured figures: a table for people, a result for each reach."""
import statistics
import sys
import traceback

rows, raw = [], []


def row(name, instrument, value, unit, against=None, ratio=None, reach=None):
    """One figure. reach bounds the ratio where there is one, else value."""
    measured = value if ratio is None else ratio
    rows.append({
        "name": name, "instrument": instrument, "value": value, "unit": unit,
        "against": against, "ratio": ratio, "reach": reach,
        "met": None if reach is None else measured <= reach})


def missing(name):
    """A figure, or all that one would have come to, that could not be had."""
    rows.append({"name": name, "instrument": None, "value": None, "unit": None,
                 "against": None, "ratio": None, "reach": None, "met": False})


def is_missing(r):
    return r["value"] is None


def attempt(group, *options):
    """Measure a group, which may end for lack of anything: why it did; None: it
    did not."""
    try:
        group(*options)
    except SystemExit as why:
        return why
    except Exception:
        return traceback.format_exc()
    return None


def note(name, unit, values):
    """Keep every run for the reader; returns the minimum."""
    digits = "%.0f" if unit in ("bytes", "lines") else "%.3f"
    raw.append("  %-34s %s %s  min %s  median %s" % (
        name, " ".join(digits % v for v in values), unit,
        digits % min(values), digits % statistics.median(values)))
    return min(values)


def show(value):
    if value is None:
        return ""
    if isinstance(value, float) and abs(value) < 1000:
        return "%.3f" % value
    if isinstance(value, float):
        return "{:,.0f}".format(value)
    return "{:,}".format(value)


def words(r):
    """A row as the table has it."""
    if is_missing(r):
        return [r["name"], "", "missing", "", "", "", "NO", ""]
    met = {None: "", True: "yes", False: "NO"}[r["met"]]
    return [r["name"], r["instrument"], show(r["value"]), r["unit"],
            show(r["ratio"]), "<= " + show(r["reach"]) if met else "", met,
            r["against"] or ""]


def table():
    """reach is the ratio's where there is one; the ratio is to the last column,
    or that says more of the value."""
    form = "%%-%ds  %%-5s %%13s %%-12s %%7s %%12s  %%-3s  %%s" % max(
        len(r["name"]) for r in rows)
    heads = ("what", "by", "value", "unit", "ratio", "reach", "met",
             "to, or of it")
    for line in [heads] + [words(r) for r in rows]:
        print((form % tuple(line)).rstrip())
    if raw:
        print("\nevery run:")
        print("\n".join(raw))


def check():
    """One line for every figure that has a reach."""
    judged = [r for r in rows if r["met"] is not None]
    for r in judged:
        print("%s %s: %s" % (
            "ok" if r["met"] else "not ok", r["name"],
            "missing" if is_missing(r) else "%s, reach <= %s" % (
                show(r["value"] if r["ratio"] is None else r["ratio"]),
                show(r["reach"]))))
    failed = sum(not r["met"] for r in judged)
    print("%d passed, %d failed" % (len(judged) - failed, failed))
    sys.exit(failed > 0)
