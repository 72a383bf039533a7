"""The seed's claims, tested: variants tuned with equal budgets, retrained, and held together."""
