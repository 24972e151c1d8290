"""One file a figure. Each `draw` takes tables that analysis made and draws what is in them:
nothing here estimates, averages or resamples.
"""
