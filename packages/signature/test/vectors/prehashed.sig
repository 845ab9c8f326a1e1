untrusted comment: signature from minisign secret key
RUQZe19lH4bsoF/bYZ+29moo2Znb1h2xW6rNhJQOS49i+2ZgaGAnE6ycibTFzN7TIylx+Car+zwbpGcgBP7Hn3lY9US44ds5IQ4=
trusted comment: edge 1.5.0, größer als 1.4
VHIzEbMYF6eksxhG5VqQH6WC+3cZgpp+enajZrPd4lHVhmVRXq+/l3b39RbhQEEcKmwPnCDwEPM7OzGpxuz/DA==
