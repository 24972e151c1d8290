"""How all tests run."""

from hypothesis import HealthCheck, settings

# How long an example takes says as much of what else the machine does as of the code.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
