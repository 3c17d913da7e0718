"""Pipewarden (管卫): discovers construction works near gas pipes, ranks them by law and distance, closes them."""
