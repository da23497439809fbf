"""The REST API `/v1` (seeds 000 to 002): a dialect over the domain, with its own envelope, paging and errors.

How an endpoint is written:

* A file per resource (`contacts.py`), in it a class per URL, derived from `resource.Resource`, with the methods `get`,
  `post`, `put`, `delete`. By the time a method runs, the key, the rate, the plan and the scope are checked.
  `self.workspace`, `self.by` (the actor) and `self.now` go on to the domain.
* What comes in is declared: a `bodies.Body` for JSON, `bodies.Parameters` or `bodies.Paged` for the query string, made
  of the fields in `values` (strict about types; camelCase names, `source="first_name"` for the domain's name).
  Unknown names are 400 with their path; names in `ignored` may come back from an answer without effect.
  `self.body(CampaignBody)` returns the values, with `partial=True` only those that were given (PUT);
  `self.parameters(CampaignQuery)` returns those of the query string.
* `self.find(Campaign, campaign_id)` returns the row of this workspace or raises the one 404. A single id
  in a body is a `values.Reference(Account)`, and becomes the row or a 400; lists of ids go through `references`.
* The method makes ONE domain call and answers with `answers.one(...)`, `answers.created(...)` (201) or
  `answers.page(rows, asked, show)`, where `show` makes the item of one row out of what is loaded: select and prefetch
  in `rows`, so that the number of queries is fixed. Where the items of a page are made together, `answers.page_of`
  takes what makes all of them.
* Errors are not caught: `errors.problem_of` translates every `DomainError` (its `details` are paths in the body
  already), every check of the fields, and whatever nobody expected (500, logged). Paths that a domain function cannot
  know, such as `workflow`, it takes as a prefix.
* The route goes into `urls.py`, its ids named `<noun>_id`; the tenancy test then tries it with a stranger's ids.
* A POST that only asks sets `post_reads = True`, so that a key that may only read can call it.
"""
