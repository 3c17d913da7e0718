"""The city simulator: a demo district with its gas network, cameras and recorded truth.

In: a seed. Out: a network file, camera files, rendered (渲染) picture sequences as package data, and what is truly in
each picture and on the ground. Refuses: nothing to users; a broken truth file is an InputError naming the key. The
pictures are rendered by `render/` (three.js) at development time and only replayed here.
"""
