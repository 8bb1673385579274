"""Do failures that only the private key tells apart take the same time?"""
