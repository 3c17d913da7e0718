"""Inference: the one door to every model.

In: weights files pinned by ``weights/manifest.json``; pictures and crops as pixels. Out: boxes, features and types,
with the name, version and hash of the model that said so; rows that tell which model was active when and what each
call cost. Refuses: a file that is not the one described, is not ONNX, or does not take what the manifest says.
"""
