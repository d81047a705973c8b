"""The servers that Tandem starts by itself where no URL names one, and their supervisor."""
