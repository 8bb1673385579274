"""What does the client add to a POST, and does it know how each payout attempt ended?"""
