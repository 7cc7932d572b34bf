// LiveService: The control centre: ingest, store, API, dashboard.
