"""Inference: the one door to every model.

In: weights files pinned by ``weights/manifest.json`` or published by hash; pictures and crops as pixels; questions with
pictures for a model behind an endpoint. Out: boxes, features and types, with the name, version and hash of the model
that said so; an Answer that fits the question's schema, or a Failure; rows that tell which model was active when, what
was asked, what came back and what it cost. Refuses: a file that is not the one described, is not ONNX, or does not take
what the manifest says; a picture that the tenant lets go nowhere; an answer that does not fit.
"""
