"""The city simulator: a demo city with its gas network, areas, cameras, and a day of works with recorded truth.

In: a seed. Out: network files, areas, camera files, rendered (渲染) picture sequences as package data, the events of a
day, what is truly in each picture and on the ground, and the score of what a product made of it. Refuses: nothing to
users; a broken truth file is an InputError naming the key. The pictures are rendered by `render/` (three.js) at
development time and only replayed here.
"""
