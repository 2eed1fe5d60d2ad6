"""Two hosts on one database, one killed with -9 in the middle of a transaction: seconds until the other's next commit
on the order, by a worker on an idle site and by scheduled actions while traffic flows.
"""

from __future__ import annotations

from tests.e2e.lanes.site import Site, open_site
from tests.e2e.lanes.takeover import Takeover, take_over, traffic

from .figures import in_ms

ROUNDS = 6


def main() -> None:
    """Prints each kill, then the figures."""
    with open_site("bench-takeover") as site:
        site.second.start()
        by_worker, by_cron = [], []
        for number in range(ROUNDS):
            by_cron.append(_say(number, "scheduled actions", _cron_round(site)))
            by_worker.append(_say(number, "mes_worker", _worker_round(site)))
    for title, field in (("until the message was applied", "applied"), ("until the next commit", "commit")):
        cron, worker = ([getattr(one, field) for one in kills] for kills in (by_cron, by_worker))
        print(f"takeover, {title}: mes_worker {in_ms(worker)}; scheduled actions with traffic {in_ms(cron)}")


def _cron_round(site: Site) -> Takeover:
    order, *others = site.release(5)
    with traffic(site, others):
        takeover = take_over(site, order)
    _restore(site, takeover)
    return takeover


def _worker_round(site: Site) -> Takeover:
    (order,) = site.release()
    hosts = (site.first, site.second)
    for host in hosts:
        host.start_worker()
    takeover = take_over(site, order)
    for host in hosts:
        host.stop_worker()
    _restore(site, takeover)
    return takeover


def _restore(site: Site, takeover: Takeover) -> None:
    takeover.killed.start()
    site.wait_until_idle()


def _say(number: int, title: str, takeover: Takeover) -> Takeover:
    name = takeover.killed.installation.name
    print(
        f"{number + 1}. {title}: {name} killed, next commit {takeover.commit:.3f} s, applied {takeover.applied:.3f} s",
        flush=True,
    )
    return takeover
