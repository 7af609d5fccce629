"""A GitHub to test against: a real HTTP server on loopback, speaking GraphQL and REST about a simulated company.

::

    company = simulate(tmp_path / "acme", until=UNTIL, size="tiny")
    with FakeGitHub(company) as github:
        github.url             # stands for https://api.github.com: REST below it, GraphQL at …/graphql
        github.enterprise_url  # …/api/v3, as on GitHub Enterprise Server: GraphQL at …/api/graphql
        github.token           # a classic token that may read everything; every request needs one

**Time.** Nothing here looks at the real clock (but for the end of an installation token, which clients compare with
their own). `github.clock` (a `Clock`) stands at the company's `until` and moves
when told: `github.advance(hours=24)`. The server shows what had happened by then, and nothing later. So a server that
starts earlier lives through the company's history night after night: `FakeGitHub(company, clock=Clock(UNTIL - WEEK))`.
A client that waits is given `github.clock.sleep`, which passes at once and is remembered in `github.clock.slept`.

**What it knows.** Owner `acme`; a repository for each of the company's: pull requests with commits, reviews, timeline,
labels, merge queue and auto-merge; CI as workflow runs with attempts and jobs; deployments with statuses for
repositories that record them (`deployments="all"`: for all that deploy); releases where tags are what ships;
environments with their gates. `FakeGitHub(bulk(pulls=5_000))` is one large repository `acme/bulk`, made in a moment.

**Change it** with `github.edit`; each edit happens at the clock's time. Of a pull request (`edit_pulls.py`):
`open_pull`, `push`, `force_push`, `ready`, `convert_to_draft`, `request_review`, `review`, `dismiss`, `label`,
`comment`, `change_base`, `enqueue`, `dequeue`, `merge`, `close`, `reopen`, `vanish`. Of what ships
(`edit_shipping.py`): `deploy`, `deployment_status`, `delete_deployment`, `release`, `run`, `rerun`. Of the rest
(`edits.py`): `add_repository`, `rename`, `archive`, `lose`, `restore`, `delete_account`.

**Break it** with a script of faults. A fault says what happens and to which requests; `at` counts matching requests
from 1 (all of them where it is left out), and a fault that is used up lets the request through::

    Faults([
        Fault(kinds.status(502), operation="PullRequests", at=(1, 3)),
        Fault(kinds.cut_body(), path="/repos/acme/*/deployments", at=(1,)),
        Fault(kinds.resource_limits(), over=12),              # GraphQL pages of more than 12, every time
        Fault(kinds.resource_limits(), touching=17),          # any page that has pull request 17
        Fault(kinds.act(lambda github: github.edit.comment("checkout", 4)), operation="PullRequests", at=(2,)),
    ])
    Faults.mixed(seed=3, share=0.3)  # every recoverable kind, drawn by seed; never more than `in_a_row` at once

`FakeGitHub(company, faults=…)`, or set `github.faults` at any time. The kinds are in `kinds`.

**Count it.** `github.served` lists every request (`Served`: method, path, endpoint, operation, query, variables,
status, points, page, bytes, fault); `github.count(endpoint=…, operation=…, status=…, method=…)`, `github.points()`,
`github.forget()`. `github.limits.core` and `.graphql` are the hourly budgets (`remaining`, `limit`, `reset_at`): set
`remaining` to run low. `FakeGitHub(company, limits=False)` has none, as GitHub Enterprise Server.

**Access.** `github.add_token(kind="fine-grained", permissions={"pull_requests": "read"})` gives a token that is
refused the rest; `github.add_app(permissions=…)` gives an `App` (`app_id`, `private_key`, `installation_id`), whose
JWT is checked and exchanged for installation tokens; `github.expire_tokens()` makes those useless.

**As GitHub does it**, on purpose: a merge is a `MergedEvent` and a `ClosedEvent`; GraphQL calls a bot `dependabot` and
REST `dependabot[bot]`; an account that is gone is null, and `ghost` on REST; a cursor of a list by update stays where
it is while the list moves, a page number does not; the `totalCount` of a timeline leaves `itemTypes` out of account;
the merge queue and deployments do not move `updatedAt`; statuses come newest first; links name a repository by its
number; a job that waits for a runner has a `started_at`; an open pull request has a `merge_commit_sha` on REST; ids of
pull requests and reviews need more than 32 bits.

GraphQL is executed by graphql-core on GitHub's published schema where `../shared` has it, else on the excerpt in
`excerpt.py`, which a test holds against the published one. Its cost is GitHub's formula. REST answers are checked
against GitHub's OpenAPI in `test_rest_shapes.py`.
"""

from tests.builders.github import kinds
from tests.builders.github.access import App
from tests.builders.github.bulk import bulk
from tests.builders.github.clock import Clock
from tests.builders.github.faults import Fault, Faults
from tests.builders.github.served import Served
from tests.builders.github.server import FakeGitHub

__all__ = ["App", "Clock", "FakeGitHub", "Fault", "Faults", "Served", "bulk", "kinds"]
