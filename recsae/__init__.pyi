from recsae.api.results import Results as Results
from recsae.api.results import load_results as load_results
from recsae.api.search import resume as resume
from recsae.api.search import tune as tune
from recsae.api.spaces import Space as Space
from recsae.api.training import Trained as Trained
from recsae.api.training import train as train
from recsae.callbacks.base import Callback as Callback
from recsae.inference.explained import ExplainedRecommender as ExplainedRecommender
from recsae.jobs.models.loading import load_model as load_model

__version__: str
