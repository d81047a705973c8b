"""Communes, EPCI, departments and regions: data, names made sense of, points."""
