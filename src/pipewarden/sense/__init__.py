"""Any source becomes an observation.

In: pictures, folders, videos, RTSP and HTTP streams, snapshots, camera files. Out: cameras, and one observation per
picture with its bytes kept under their hash. Refuses: pictures over 25 MB or 40 megapixels, animated or damaged ones,
schemes that are not a camera's, a camera file whose structure is wrong. Untrusted pixels are
decoded in child processes.
"""
