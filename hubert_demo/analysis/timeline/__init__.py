"""What the timeline shows of the sound itself: spectrogram, energy and pitch."""
