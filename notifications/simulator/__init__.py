"""A stand-in for the providers, run as a process of its own: `manage.py simulate_providers`.

It speaks the protocols from their documentation and shares no code with the transports, keeps its own ledger of what
it accepted, and misbehaves on request. It is the judge in tests and the sink of a demonstration: loopback only.
"""
