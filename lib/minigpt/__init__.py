"""The library of Attention, Worked Out."""
