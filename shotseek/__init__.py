"""Find moments in video by a sentence, a picture or a clip."""
